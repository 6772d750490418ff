import { flightDelays } from "./flight-delays.ts";

export default flightDelays({
  input: "node_modules/vega-datasets/data/flights-3m.parquet",
  output: ".millrace/flight-delays.duckdb",
});
