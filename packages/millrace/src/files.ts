export {
  arrow,
  csv,
  type CsvFileOptions,
  ndjson,
  parquet,
  type TextFileOptions,
} from "@millrace/connectors/files";
