export {
  duckdb,
  type DuckDbKeyedSinkOptions,
  duckdbQuery,
  type DuckDbSinkOptions,
  duckdbTable,
} from "@millrace/connectors/duckdb";
