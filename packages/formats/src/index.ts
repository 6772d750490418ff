export { arrowFormat } from "./arrow/format.ts";
export { avro } from "./avro/descriptor.ts";
export { avroFormat } from "./avro/format.ts";
export { type AvroOptions } from "./avro/options.ts";
export { type AvroRow } from "./avro/row-type-of-schema.ts";
export { avroSchemaOf } from "./avro/schema-of-row-type.ts";
export { csv, type CsvOptions } from "./csv/descriptor.ts";
export { type CsvFormat, csvFormat } from "./csv/format.ts";
export { byteOrderMarkBytes, type CsvHeader } from "./csv/header.ts";
export { type CsvDecoder, type CsvInput } from "./csv/decoder.ts";
export { type CsvEncoder } from "./csv/encoder.ts";
export { json } from "./json/descriptor.ts";
export type { JsonOptions } from "./json/options.ts";
export { JsonColumnEncoder } from "./json/column-encoder.ts";
export { jsonFormat } from "./json/format.ts";
export type {
  PlacedBadRecord,
  PlacedRecords,
  PlacingDecoder,
  PlacingFormat,
} from "./value/placed-record.ts";
export {
  binaryCloudEvents,
  type BinaryCloudEvent,
  type CloudEvent,
  type CloudEventAttributes,
  type CloudEventColumns,
  cloudEventOf,
  structuredCloudEvents,
} from "./metadata/cloud-events.ts";
export {
  type MetadataColumn,
  type MetadataColumns,
  type MetadataSource,
  recordHeader,
  recordKey,
  recordTime,
} from "./metadata/columns.ts";
export { type WithMetadata, withMetadata, writesKeys } from "./metadata/descriptor.ts";
export { protobuf } from "./protobuf/descriptor.ts";
export {
  protobufFields,
  type ProtobufMessage,
  type ProtobufMessageField,
} from "./protobuf/fields-of-message.ts";
export { protobufFormat } from "./protobuf/format.ts";
export type {
  ProtobufField,
  ProtobufFields,
  ProtobufOptions,
  ProtobufScalar,
} from "./protobuf/options.ts";
export type { RecordPlace, RegistryAuth, RegistryOptions } from "./registry/options.ts";
export type { RegisteredSchema, SchemaLanguage } from "./registry/registered-schema.ts";
export { latestSchema, rowTypeOfText, type SchemaRowType } from "./row-type/row-type-of-schema.ts";
export { columnsOfSamples } from "./row-type/row-type-of-samples.ts";
export { rowTypeName } from "./row-type/row-type-name.ts";
export { rowTypeText } from "./row-type/row-type-text.ts";
export { recordFormat } from "./record-format.ts";
export { ByteWriter, TextColumn } from "./value/text-column.ts";
