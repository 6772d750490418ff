export {
  avro,
  type AvroOptions,
  avroSchemaOf,
  csv,
  json,
  openTopic,
  type OpenTopicOptions,
  protobuf,
  protobufFields,
  type Topic,
  topic,
  type TopicOptions,
  type TopicReadOptions,
} from "@millrace/connectors/topic";
export {
  type KafkaLogOptions,
  type LmdbLogOptions,
  openKafkaLog,
  openLmdbLog,
  openMemoryLog,
} from "@millrace/log";
