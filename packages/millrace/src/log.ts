export {
  csv,
  json,
  openTopic,
  type OpenTopicOptions,
  type Topic,
  topic,
  type TopicOptions,
  type TopicReadOptions,
} from "@millrace/connectors/topic";
export { type LmdbLogOptions, openLmdbLog, openMemoryLog } from "@millrace/log";
