export {
  avro,
  type AvroOptions,
  avroSchemaOf,
  csv,
  json,
  protobuf,
  protobufFields,
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
