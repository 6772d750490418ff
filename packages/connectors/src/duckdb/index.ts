export { duckdbConnector } from "./connector.ts";
export {
  duckdb,
  duckdbQuery,
  type DuckDbSinkOptions,
  duckdbTable,
  type WhenFresh,
} from "./descriptor.ts";
