export {
  mongodb,
  type MongodbKeyedSinkOptions,
  type MongodbSinkOptions,
  type StoreUrl,
} from "@millrace/connectors/mongodb";
