import { sensorAlerts } from "./sensor-alerts.ts";

export default sensorAlerts({
  input: "examples/sensor-alerts/readings.ndjson",
  output: ".millrace/sensor-alerts.duckdb",
});
