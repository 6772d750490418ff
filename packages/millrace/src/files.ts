export { ndjson, parquet } from "@millrace/connectors/files";
