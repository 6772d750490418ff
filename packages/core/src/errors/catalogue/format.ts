import { errorSpec, type ErrorSpec, quote } from "../error-spec.ts";

/** Errors of formats that have schemas. */
export const formatErrors: {
  FORMAT_SCHEMA_INVALID: ErrorSpec<{ format: string; problem: string }>;
  FORMAT_SCHEMA_MISMATCH: ErrorSpec<{ format: string; field: string; problem: string }>;
} = {
  FORMAT_SCHEMA_INVALID: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 1,
    message: (p) => `Not a valid ${p.format} schema: ${p.problem}.`,
    hint: "Compare it with the one that the producer has.",
  }),
  FORMAT_SCHEMA_MISMATCH: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 1,
    message: (p) =>
      `The ${p.format} schema does not fit the row type at ${quote(p.field)}: ${p.problem}.`,
    hint: "Change the column's type, make it nullable, or give the schema that the records have.",
  }),
};
