import type { Clock, ConnectorRegistry, Operator } from "@millrace/core";
import { modelRegistry } from "@millrace/models";
import { createOperator } from "@millrace/operators";
import type { StageOperator, UserFunction } from "@millrace/plan";

/** The connectors that come with Millrace; each is loaded when a plan names it. */
export const connectors: ConnectorRegistry = {
  files: async () => (await import("@millrace/connectors/files")).filesConnector,
  duckdb: async () => (await import("@millrace/connectors/duckdb")).duckdbConnector,
  postgres: async () => (await import("@millrace/connectors/postgres")).postgresConnector,
  redis: async () => (await import("@millrace/connectors/redis")).redisConnector,
  mongodb: async () => (await import("@millrace/connectors/mongodb")).mongodbConnector,
  console: async () => (await import("@millrace/connectors/console")).consoleConnector,
  topic: async () => (await import("@millrace/connectors/topic")).topicConnector,
};

/** Makes operators with the models that come with Millrace. */
export function createOperatorWithModels(
  planned: StageOperator,
  context: {
    readonly pipeline: string;
    readonly operatorId: string;
    readonly functions: ReadonlyMap<string, UserFunction>;
    readonly clock: Clock;
  },
): Operator {
  return createOperator(planned, { ...context, models: modelRegistry });
}
