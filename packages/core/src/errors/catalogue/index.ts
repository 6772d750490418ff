import { connectorErrors } from "./connector.ts";
import { environmentErrors } from "./environment.ts";
import { expressionErrors } from "./expression.ts";
import { formatErrors } from "./format.ts";
import { kafkaErrors } from "./kafka.ts";
import { logErrors } from "./log.ts";
import { planErrors } from "./plan.ts";
import { postgresErrors } from "./postgres.ts";
import { recordErrors } from "./record.ts";
import { registryErrors } from "./registry.ts";
import { runErrors } from "./run.ts";

/**
 * Every error code with its domain, retry rule, exit code, text and hint. Each has a page in
 * `docs/errors/`.
 */
export const catalogue: typeof planErrors &
  typeof expressionErrors &
  typeof recordErrors &
  typeof formatErrors &
  typeof connectorErrors &
  typeof postgresErrors &
  typeof kafkaErrors &
  typeof logErrors &
  typeof registryErrors &
  typeof runErrors &
  typeof environmentErrors = {
  ...planErrors,
  ...expressionErrors,
  ...recordErrors,
  ...formatErrors,
  ...connectorErrors,
  ...postgresErrors,
  ...kafkaErrors,
  ...logErrors,
  ...registryErrors,
  ...runErrors,
  ...environmentErrors,
};
