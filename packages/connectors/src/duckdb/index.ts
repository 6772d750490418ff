export { duckdbConnector } from "./connector.ts";
export {
  duckdb,
  type DuckDbKeyedSinkOptions,
  duckdbQuery,
  type DuckDbSinkOptions,
  duckdbTable,
  type WhenFresh,
} from "./descriptor.ts";
