export {
  avro,
  type AvroOptions,
  avroSchemaOf,
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
