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
  type StoreUrl,
} from "@millrace/connectors/redis";
