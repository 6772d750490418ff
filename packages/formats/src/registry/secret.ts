import { millraceError } from "@millrace/core";

/**
 * A secret from a variable of the environment.
 *
 * @throws MillraceError `CONNECTOR_CONFIG_INVALID` when it is not set; the text names the variable
 */
export function secretOf(variable: string): string {
  const value = process.env[variable];
  if (value !== undefined && value !== "") return value;
  const problem = `the variable ${variable} of the environment is not set`;
  throw millraceError("CONNECTOR_CONFIG_INVALID", { connector: "registry", problem });
}
