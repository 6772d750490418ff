import { errorSpec, type ErrorSpec, quote } from "../error-spec.ts";

/** Problems of a pipeline, found before it runs. */
export const planErrors: {
  PLAN_INVALID: ErrorSpec<{ pipeline: string; count: number }>;
  PLAN_ARGUMENT_INVALID: ErrorSpec<{ problem: string }>;
  PLAN_EXPRESSION_UNUSED: ErrorSpec<{ step: string; expression: string }>;
  PLAN_COLUMN_UNKNOWN: ErrorSpec<{ step: string; column: string; columns: readonly string[] }>;
  PLAN_COLUMN_DUPLICATE: ErrorSpec<{ step: string; column: string }>;
  PLAN_TYPE_MISMATCH: ErrorSpec<{ step: string; expected: string; actual: string }>;
  PLAN_ID_DUPLICATE: ErrorSpec<{ id: string }>;
  PLAN_ID_INVALID: ErrorSpec<{ id: string }>;
  PLAN_SINK_MISSING: ErrorSpec<{ pipeline: string }>;
  PLAN_STREAM_UNUSED: ErrorSpec<{ id: string }>;
  PLAN_EVENT_TIME_MISSING: ErrorSpec<{ step: string; source: string }>;
  PLAN_EVENT_TIME_INVALID: ErrorSpec<{ source: string; actual: string }>;
  PLAN_WINDOW_SIZE_INVALID: ErrorSpec<{ sizeMs: number }>;
  PLAN_WINDOW_STEP_INVALID: ErrorSpec<{ window: string; rule: string }>;
  PLAN_TIME_ZONE_UNKNOWN: ErrorSpec<{ timeZone: string }>;
  PLAN_FORECAST_STEP_MISSING: ErrorSpec<{ id: string }>;
  PLAN_FORECAST_HORIZON_INVALID: ErrorSpec<{ id: string; horizonMs: number; stepMs: number }>;
  PLAN_GUARANTEE_IMPOSSIBLE: ErrorSpec<{ sink: string; demanded: string; offered: string }>;
  PLAN_SINK_APPEND_ONLY: ErrorSpec<{ sink: string; connector: string }>;
  PLAN_UPDATING_REFUSED: ErrorSpec<{ step: string }>;
  PLAN_PARAMETER_MISSING: ErrorSpec<{ name: string }>;
  PLAN_PARAMETER_INVALID: ErrorSpec<{ name: string; value: string; expected: string }>;
  PLAN_AGGREGATE_UNSUPPORTED: ErrorSpec<{
    step: string;
    aggregate: string;
    missing: "merge" | "remove";
    reason: string;
  }>;
  PLAN_FUNCTION_LOST: ErrorSpec<{ functionId: string }>;
  PLAN_CONNECTOR_UNKNOWN: ErrorSpec<{ connector: string; known: readonly string[] }>;
} = {
  PLAN_INVALID: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 2,
    message: (p) =>
      `Pipeline ${quote(p.pipeline)} has ${p.count} problem${p.count === 1 ? "" : "s"}.`,
    hint: "Each problem below names its place in your file.",
  }),
  PLAN_ARGUMENT_INVALID: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 2,
    message: (p) => `${p.problem}.`,
    hint: "Correct the argument; the hover text of the function names its bounds.",
  }),
  PLAN_EXPRESSION_UNUSED: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 2,
    message: (p) => `An expression in ${p.step} is not part of its result: ${p.expression}.`,
    hint: "JavaScript's && and || keep only one side. Combine expressions with .and(…) and .or(…).",
  }),
  PLAN_COLUMN_UNKNOWN: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 2,
    message: (p) =>
      `${p.step} names the column ${quote(p.column)}, which the stream does not have (it has ${p.columns.join(", ")}).`,
    hint: "Check the spelling, and whether an earlier select or drop removed the column.",
  }),
  PLAN_COLUMN_DUPLICATE: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 2,
    message: (p) => `${p.step} makes a second column ${quote(p.column)}.`,
    hint: "Give the column another name; keys, windowStart and windowEnd are taken.",
  }),
  PLAN_TYPE_MISMATCH: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 2,
    message: (p) => `${p.step} expects ${p.expected}, got ${p.actual}.`,
    hint: "Cast the expression, or choose a column of the expected type.",
  }),
  PLAN_ID_DUPLICATE: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 2,
    message: (p) => `Two steps have the id ${quote(p.id)}.`,
    hint: "Ids name state, metrics and topics: give each source, sink and stateful step its own.",
  }),
  PLAN_ID_INVALID: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 2,
    message: (p) => `${quote(p.id)} is not an id.`,
    hint: "Use letters, digits, '-' and '_', at most 100 characters, starting with a letter.",
  }),
  PLAN_SINK_MISSING: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 2,
    message: (p) => `Pipeline ${quote(p.pipeline)} has no sink, so nothing would happen.`,
    hint: "End at least one stream with .sink(id, …).",
  }),
  PLAN_STREAM_UNUSED: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 2,
    message: (p) => `Nothing reads ${quote(p.id)}.`,
    hint: "Lead it to a sink, or remove it.",
  }),
  PLAN_EVENT_TIME_MISSING: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 2,
    message: (p) => `${p.step} needs event time, but the source ${quote(p.source)} names none.`,
    hint: "Give the source eventTime: (row) => row.someTimestamp.",
  }),
  PLAN_EVENT_TIME_INVALID: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 2,
    message: (p) => `The event time of ${quote(p.source)} is ${p.actual}, not a timestamp.`,
    hint: "Choose a timestamp column, or cast one to a timestamp.",
  }),
  PLAN_WINDOW_SIZE_INVALID: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 2,
    message: (p) => `A window of ${p.sizeMs} ms is not possible.`,
    hint: "A window's size, or a session's gap, is a duration greater than zero.",
  }),
  PLAN_WINDOW_STEP_INVALID: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 2,
    message: (p) => `The window ${p.window} is not possible: ${p.rule}.`,
    hint: "Choose another slide or step, or a size that goes with it.",
  }),
  PLAN_TIME_ZONE_UNKNOWN: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 2,
    message: (p) => `There is no time zone ${quote(p.timeZone)}.`,
    hint: "Name one of the IANA database, such as Europe/Berlin, or UTC.",
  }),
  PLAN_FORECAST_STEP_MISSING: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 2,
    message: (p) => `The forecast ${quote(p.id)} does not know its step.`,
    hint: "Forecast a windowed aggregate, whose window is the step, or give step: minutes(…).",
  }),
  PLAN_FORECAST_HORIZON_INVALID: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 2,
    message: (p) =>
      `The horizon of ${quote(p.id)} (${p.horizonMs} ms) is not a positive multiple of its step (${p.stepMs} ms).`,
    hint: "Choose a horizon that is a whole number of steps.",
  }),
  PLAN_GUARANTEE_IMPOSSIBLE: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 2,
    message: (p) => `The sink ${quote(p.sink)} gives ${p.offered}, but ${p.demanded} is demanded.`,
    hint: "Choose a sink with a transactional token, or lower the demand.",
  }),
  PLAN_SINK_APPEND_ONLY: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 2,
    message: (p) =>
      `The sink ${quote(p.sink)} (${p.connector}) cannot take rows back, and its stream is updating.`,
    hint: "Give the sink a key, where it has one, or write the changes themselves with .changes().",
  }),
  PLAN_UPDATING_REFUSED: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 2,
    message: (p) => `${p.step} needs rows that stay, and its stream is updating.`,
    hint: "Put the step before the one that makes the stream updating, or read its .changes().",
  }),
  PLAN_PARAMETER_MISSING: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 2,
    message: (p) => `The parameter ${quote(p.name)} has no value.`,
    hint: "Set it by --param name=value, by the environment, or give it a default.",
  }),
  PLAN_PARAMETER_INVALID: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 2,
    message: (p) => `The parameter ${quote(p.name)} must be ${p.expected}, got ${quote(p.value)}.`,
    hint: "Correct the value.",
  }),
  PLAN_AGGREGATE_UNSUPPORTED: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 2,
    message: (p) =>
      `The aggregate ${quote(p.aggregate)} in ${p.step} has no ${p.missing}, and ${p.reason}.`,
    hint: "Give aggregateFunction the missing function, or use a tumbling window over a stream that only adds rows.",
  }),
  PLAN_FUNCTION_LOST: errorSpec({
    domain: "internal",
    retry: "never",
    exitCode: 2,
    message: (p) => `The function ${quote(p.functionId)} is not part of this plan.`,
    hint: "A plan read from JSON carries no user functions; build it from the pipeline file.",
  }),
  PLAN_CONNECTOR_UNKNOWN: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 2,
    message: (p) => `No connector is called ${quote(p.connector)} (known: ${p.known.join(", ")}).`,
    hint: "Check the descriptor, or register the connector in the run's options.",
  }),
};
