export {
  postgres,
  type PostgresKeyedSinkOptions,
  type PostgresSinkOptions,
} from "@millrace/connectors/postgres";
