export { redisConnector } from "./connector.ts";
export {
  redisChannel,
  type RedisChannelOptions,
  redisHash,
  redisJson,
  type RedisKeyOptions,
  type RedisOptions,
  redisSortedSet,
  type RedisSortedSetOptions,
  redisStream,
  type RedisStreamOptions,
} from "./descriptor.ts";
export type { StoreUrl } from "../store/store-url.ts";
