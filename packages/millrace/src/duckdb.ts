export {
  duckdb,
  duckdbQuery,
  type DuckDbSinkOptions,
  duckdbTable,
} from "@millrace/connectors/duckdb";
