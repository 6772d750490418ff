export {
  arrow,
  csv,
  type CsvFileOptions,
  type FilePaths,
  ndjson,
  parquet,
  type TextFileOptions,
} from "./descriptor.ts";
export { mapFileError } from "./error-map.ts";
export { openFiles } from "./open-files.ts";
export { filesConnector } from "./connector.ts";
