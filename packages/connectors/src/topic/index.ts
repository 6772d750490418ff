export {
  avro,
  type AvroOptions,
  avroSchemaOf,
  binaryCloudEvents,
  type BinaryCloudEvent,
  type CloudEvent,
  type CloudEventAttributes,
  type CloudEventColumns,
  cloudEventOf,
  type MetadataColumn,
  type MetadataColumns,
  type MetadataSource,
  recordHeader,
  recordKey,
  recordTime,
  structuredCloudEvents,
  type WithMetadata,
  withMetadata,
  csv,
  json,
  type JsonOptions,
  latestSchema,
  protobuf,
  protobufFields,
  type ProtobufOptions,
  type RegisteredSchema,
  type RegistryAuth,
  type RegistryOptions,
  rowTypeOfText,
  rowTypeText,
  type SchemaLanguage,
  type SchemaRowType,
} from "@millrace/formats";
export { topic, type TopicOptions } from "./descriptor.ts";
export {
  openTopic,
  type OpenTopicOptions,
  type Topic,
  type TopicReadOptions,
} from "./open-topic.ts";
export { topicConnector } from "./connector.ts";
export { findTopic } from "./config.ts";
export { openTopicWriter } from "./topic-writer.ts";
