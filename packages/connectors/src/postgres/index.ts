export { postgresConnector } from "./connector.ts";
export { postgres, type PostgresKeyedSinkOptions, type PostgresSinkOptions } from "./descriptor.ts";
