import { millraceError } from "./millrace-error.ts";

/**
 * Checks an argument that a user gave to a builder.
 *
 * @throws MillraceError `PLAN_ARGUMENT_INVALID` with the sentence
 */
export function assertUserInput(condition: boolean, problem: string): asserts condition {
  if (!condition) throw millraceError("PLAN_ARGUMENT_INVALID", { problem });
}
