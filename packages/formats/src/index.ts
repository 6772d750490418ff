export { arrowFormat } from "./arrow/format.ts";
export { csv } from "./csv/descriptor.ts";
export { type CsvFormat, csvFormat } from "./csv/format.ts";
export { byteOrderMarkBytes, type CsvHeader } from "./csv/header.ts";
export { type CsvDecoder, type CsvInput } from "./csv/decoder.ts";
export { type CsvEncoder } from "./csv/encoder.ts";
export { type CsvOptions } from "./csv/options.ts";
export { json } from "./json/descriptor.ts";
export { jsonFormat } from "./json/format.ts";
export type {
  PlacedBadRecord,
  PlacedRecords,
  PlacingDecoder,
  PlacingFormat,
} from "./value/placed-record.ts";
export { recordFormat } from "./record-format.ts";
