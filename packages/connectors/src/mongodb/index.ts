export { mongodbConnector } from "./connector.ts";
export { mongodb, type MongodbKeyedSinkOptions, type MongodbSinkOptions } from "./descriptor.ts";
export type { StoreUrl } from "../store/store-url.ts";
