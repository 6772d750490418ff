import {
  assertUserInput,
  type ColumnType,
  type Duration,
  formatDataType,
  isMillraceError,
  quote,
  type SourceDescriptor,
} from "@millrace/core";
import type { LogicalPlan, ParameterSpec } from "@millrace/plan";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { placeBelowBuild, withDeepStacks } from "./code-place.ts";
import type { ExpressionOf } from "./expression/expression-types.ts";
import { ExpressionValue, isExpressionValue } from "./expression/expression-value.ts";
import { literalValue } from "./expression/literal.ts";
import { reportProblem, withinScope } from "./expression/scope.ts";
import { branded, type Pipeline } from "./pipeline-brand.ts";
import { PlanDraft } from "./plan-draft.ts";
import {
  checkSpan,
  type SourceOptions,
  type SourceTimeOptions,
  waitingOf,
} from "./source-options.ts";
import type { Flat } from "./stream/row-types.ts";
import { SinkStep } from "./stream/sink-step.ts";
import type { Stream } from "./stream/stream.ts";
import { StreamStep } from "./stream/stream-step.ts";
import { checkName, runRowCallback } from "./stream/step-columns.ts";

/** Options of a pipeline. */
export interface PipelineOptions {
  /**
   * How far the partitions of sources whose rows meet may be apart in event time: those ahead wait.
   * 24 hours by default; changes no result, only how much is held in state.
   */
  readonly maxDrift?: Duration;
}

/** What a pipeline's callback builds with. */
export interface PipelineBuilder {
  /**
   * Adds a source.
   *
   * @param id stable: it names the source's progress
   */
  source<Row extends object>(
    id: string,
    source: SourceDescriptor<Row>,
    options?: SourceOptions<NoInfer<Row>>,
  ): Stream<Flat<Row>>;
  /**
   * Adds a setting, which is given by file, environment or flag, and used like a column.
   *
   * @param fallback its value where none is given
   */
  parameter<Value>(
    name: string,
    type: ColumnType<Value>,
    fallback?: NoInfer<Value>,
  ): ExpressionOf<Value>;
}

/**
 * Names a pipeline; the callback says what it does, and runs at `build`.
 *
 * @param name letters, digits, `-` and `_`, starting with a letter: it names topics and metrics
 * @param define may return sources and sinks by name: tests then know the rows of each
 * @param options how it runs; changes no result
 * @example
 * ```ts import.meta.vitest
 * pipeline("late-flights", (p) => {
 *   p.source("flights", flights).where((f) => f.delayMinutes.gt(60)).sink("late", files({ path:
 * "late.jsonl" })); })
 * ```
 */
export function pipeline<Parts = void>(
  name: string,
  define: (p: PipelineBuilder) => Parts,
  options: PipelineOptions = {},
): Pipeline<Parts> {
  assertUserInput(typeof define === "function", "pipeline: the second argument is a function");
  return branded<Parts>({ name, build: () => buildPlan(name, define, options) });
}

function buildPlan(
  name: string,
  define: (p: PipelineBuilder) => unknown,
  options: PipelineOptions,
): LogicalPlan {
  const draft = new PlanDraft(name);
  let parts: ReadonlyMap<string, string> = new Map();
  withinScope({ step: `pipeline ${quote(name)}`, problems: draft.problems }, () => {
    draft.checkName(name);
    checkSpan("maxDrift", options.maxDrift);
    try {
      const builder: unknown = new DraftBuilder(draft);
      const result: unknown = withDeepStacks(() => define(builder as PipelineBuilder));
      if (result instanceof Promise) {
        reportProblem("PLAN_ARGUMENT_INVALID", { problem: "A pipeline's callback is not async" });
      }
      parts = partsOf(result);
    } catch (error) {
      if (!isMillraceError(error)) throw error;
      // Descriptors refuse their options by throwing; the rest of the callback is then unknown.
      draft.addProblem(error, placeBelowBuild(error.stack));
    }
  });
  const { maxDrift } = options;
  return { ...draft.finish(), parts, ...(maxDrift === undefined ? {} : { maxDriftMs: maxDrift }) };
}

/** Ids of the steps and sinks that a callback returned by name. */
function partsOf(result: unknown): Map<string, string> {
  const parts = new Map<string, string>();
  if (typeof result !== "object" || result === null) return parts;
  for (const [name, part] of Object.entries(result)) {
    if (part instanceof StreamStep) parts.set(name, part.node.id);
    else if (part instanceof SinkStep) parts.set(name, part.id);
  }
  return parts;
}

class DraftBuilder {
  readonly #draft: PlanDraft;

  constructor(draft: PlanDraft) {
    this.#draft = draft;
  }

  source(
    id: string,
    source: SourceDescriptor<object>,
    options: SourceTimeOptions & { eventTime?: (row: never) => unknown } = {},
  ): StreamStep {
    const step = `source ${quote(id)}`;
    const draft = this.#draft;
    return withinScope({ step, problems: draft.problems }, () => {
      draft.takeId(id);
      const { schema } = source.rowType;
      for (const { name } of schema.fields) checkName(step, name);
      const time =
        options.eventTime === undefined
          ? undefined
          : runRowCallback(`eventTime of ${step}`, schema, options.eventTime);
      if (time !== undefined && !isExpressionValue(time)) {
        reportProblem("PLAN_EVENT_TIME_INVALID", { source: id, actual: typeof time });
      }
      const hasValidators = this.#takeValidators(id, source);
      const node = draft.append({
        id,
        inputs: [],
        schema,
        keys: [],
        kind: "source",
        connector: source.connector,
        options: source.options,
        sourceIndex: draft.nodes.filter((n) => n.kind === "source").length,
        ...(isExpressionValue(time) ? { eventTime: time.expression } : {}),
        outOfOrdernessMs: options.outOfOrderness ?? 0,
        ...(time === undefined ? {} : waitingOf(options)),
        ...(hasValidators ? { hasValidators } : {}),
        ...(source.skips === undefined ? {} : { skipping: { unit: source.skips, conditions: [] } }),
      });
      return new StreamStep(draft, node);
    });
  }

  /** Whether there are any. */
  #takeValidators(id: string, source: SourceDescriptor<object>): boolean {
    const found = new Map<string, readonly StandardSchemaV1[]>();
    for (const [name, column] of Object.entries(source.rowType.columns)) {
      if (column.validators.length > 0) found.set(name, column.validators);
    }
    if (found.size > 0) this.#draft.validators.set(id, found);
    return found.size > 0;
  }

  parameter(name: string, type: ColumnType<unknown>, fallback?: unknown): ExpressionValue {
    const draft = this.#draft;
    return withinScope({ step: `parameter ${quote(name)}`, problems: draft.problems }, () => {
      draft.checkName(name);
      if (draft.parameters.some((known) => known.name === name)) {
        reportProblem("PLAN_ID_DUPLICATE", { id: name });
      }
      draft.parameters.push(parameterSpec(name, type, fallback));
      return new ExpressionValue({ kind: "parameter", name, type: type.dataType });
    });
  }
}

function parameterSpec(name: string, type: ColumnType<unknown>, fallback: unknown): ParameterSpec {
  const { dataType } = type;
  if (fallback === undefined) return { name, type: dataType };
  const json = literalValue(fallback, dataType);
  if (json !== undefined) return { name, type: dataType, default: json };
  const expected = formatDataType(dataType);
  reportProblem("PLAN_PARAMETER_INVALID", { name, value: quote(fallback), expected });
  return { name, type: dataType };
}
