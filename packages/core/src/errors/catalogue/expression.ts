import { errorSpec, type ErrorSpec, quote } from "../error-spec.ts";

/** Errors of expressions while they run. */
export const expressionErrors: {
  EXPRESSION_INTEGER_OVERFLOW: ErrorSpec<{ expression: string }>;
  EXPRESSION_CAST_FAILED: ErrorSpec<{ expression: string; value: string; to: string }>;
} = {
  EXPRESSION_INTEGER_OVERFLOW: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 1,
    message: (p) => `${p.expression} left the range of exact whole numbers (±2^53).`,
    hint: 'Cast an operand to float64, or use t.int64({ as: "bigint" }).',
  }),
  EXPRESSION_CAST_FAILED: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 1,
    message: (p) => `${p.expression} cannot turn ${quote(p.value)} into ${p.to}.`,
    hint: "Use tryCast, which gives null, or correct the input.",
  }),
};
