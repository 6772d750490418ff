import {
  type Duration,
  findField,
  formatDataType,
  type Guarantee,
  type RowSchema,
  type RowType,
  type SinkDescriptor,
} from "@millrace/core";
import {
  changeField,
  type LogicalNode,
  type NamedExpression,
  type ProjectNode,
  type UserFunction,
  type WindowSpec,
} from "@millrace/plan";
import { reportProblem, withinScope } from "../expression/scope.ts";
import type { PlanDraft } from "../plan-draft.ts";
import { type AsOfJoinArguments, asOfJoinNode } from "./as-of-join.ts";
import { type DeduplicateArguments, deduplicateNode } from "./deduplicate.ts";
import { detectNode, type DetectArguments } from "./detect.ts";
import { forecastNode, type ForecastArguments } from "./forecast.ts";
import { type GapFillArguments, gapFillNode } from "./gap-fill.ts";
import { type InterpolateArguments, interpolateNode } from "./interpolate.ts";
import { type IntervalJoinArguments, intervalJoinNode } from "./interval-join.ts";
import { type JoinArguments, joinNode } from "./join.ts";
import type { JoinInputs } from "./joined-inputs.ts";
import { broadcastNode, type LookupTableArguments, lookupTableNode } from "./lookup-table.ts";
import { type FrameOptions, overNode } from "./over.ts";
import type {
  AsyncBatchOptions,
  AsyncOptions,
  LookupManyOptions,
  LookupOptions,
} from "./async-types.ts";
import { lookupNode } from "./lookup.ts";
import type { FunctionOptions } from "./function-options.ts";
import { functionNode, mapAsyncNode } from "./row-functions.ts";
import { type PatternArguments, patternNode } from "./pattern.ts";
import { type ProcessArguments, processNode } from "./process.ts";
import { projectedBase } from "./projected-base.ts";
import {
  checkKeysStay,
  keysLeft,
  namedColumns,
  renamedColumns,
  withAdded,
  withoutColumns,
} from "./projected-columns.ts";
import { type ResampleArguments, resampleNode } from "./resample.ts";
import { runningAggregateNode, type RunningAggregateArguments } from "./running-aggregate.ts";
import { retimeParts } from "./retime.ts";
import { type SampleArguments, sampleParts } from "./sample.ts";
import { SinkStep } from "./sink-step.ts";
import { splitConditions } from "./split.ts";
import {
  checkDuplicates,
  checkTaken,
  columnOf,
  columnsFrom,
  conditionOf,
  fieldsOf,
  knownNames,
  type RowCallback,
} from "./step-columns.ts";
import type { StepInput } from "./step-input.ts";
import {
  lastRowNode,
  type RankArguments,
  rankNode,
  type TopNArguments,
  topNNode,
} from "./top-rows.ts";
import { type WindowJoinArguments, windowJoinNode } from "./window-join.ts";
import { type UpdatingEmit, windowTiming } from "./window-emit.ts";
import { WindowedStep } from "./windowed-step.ts";

/**
 * What stands behind every stream at run time: a node of the draft.
 *
 * It has the steps of all kinds of streams; the interfaces show those that suit, and each step
 * checks again for callers without types.
 */
export class StreamStep {
  readonly draft: PlanDraft;
  readonly node: LogicalNode;

  constructor(draft: PlanDraft, node: LogicalNode) {
    this.draft = draft;
    this.node = node;
  }

  get #schema(): RowSchema {
    return this.node.schema;
  }

  /** What a step keeps that leaves the columns as they are. */
  get #base(): Pick<LogicalNode, "inputs" | "schema" | "keys" | "updating"> {
    const { id, schema, keys, updating } = this.node;
    return { inputs: [id], schema, keys, ...(updating === undefined ? {} : { updating }) };
  }

  /** Runs a step within the draft, so that problems find it. */
  within<Result>(step: string, body: () => Result): Result {
    return withinScope({ step, problems: this.draft.problems }, body);
  }

  #append(node: LogicalNode): StreamStep {
    return new StreamStep(this.draft, this.draft.append(node));
  }

  where(condition: RowCallback): StreamStep {
    return this.within("where", () => {
      const predicate = conditionOf("where", this.#schema, condition);
      const id = this.draft.deriveId("where");
      return this.#append({ ...this.#base, id, kind: "where", predicate });
    });
  }

  #project(
    verb: ProjectNode["verb"],
    columns: readonly NamedExpression[],
    keys: readonly string[],
  ): StreamStep {
    const fields = fieldsOf(columns);
    checkDuplicates(verb, fields);
    const id = this.draft.deriveId(verb === "keyBy" ? "keyColumns" : verb);
    return this.#append({
      ...projectedBase(this.node, columns),
      schema: { fields },
      keys,
      id,
      kind: "project",
      verb,
      columns,
    });
  }

  select(...columns: readonly (string | RowCallback)[]): StreamStep {
    return this.within("select", () => {
      const [callback] = columns;
      const chosen =
        typeof callback === "function"
          ? columnsFrom("select", this.#schema, callback)
          : namedColumns("select", this.#schema, columns as readonly string[]);
      return this.#project("select", chosen, keysLeft(this.node, chosen));
    });
  }

  withColumns(columns: RowCallback): StreamStep {
    return this.within("withColumns", () => {
      const added = columnsFrom("withColumns", this.#schema, columns);
      checkKeysStay("withColumns", this.node, added);
      return this.#project("withColumns", withAdded(this.#schema, added), this.node.keys);
    });
  }

  drop(...names: readonly string[]): StreamStep {
    return this.within("drop", () => {
      const columns = withoutColumns("drop", this.node, names);
      return this.#project("drop", columns, this.node.keys);
    });
  }

  rename(names: Readonly<Record<string, string>>): StreamStep {
    return this.within("rename", () => {
      const columns = renamedColumns("rename", this.node, names);
      return this.#project("rename", columns, this.node.keys);
    });
  }

  /** A step that needs rows that stay: a function need not give the same for a row again. */
  #onRows(step: string, nodeOf: () => LogicalNode): StreamStep {
    return this.within(step, () => {
      this.#checkAppends(step);
      return this.#append(nodeOf());
    });
  }

  #apply(
    kind: "filter" | "map" | "flatMap",
    userFunction: UserFunction,
    options: FunctionOptions & { readonly result: Pick<LogicalNode, "schema" | "keys"> },
  ): StreamStep {
    return this.#onRows(kind, () => functionNode(kind, this.#input, userFunction, options));
  }

  filter(test: UserFunction, options: FunctionOptions = {}): StreamStep {
    const { schema, keys } = this.node;
    return this.#apply("filter", test, { ...options, result: { schema, keys } });
  }

  map({ schema }: RowType<object>, change: UserFunction, options?: FunctionOptions): StreamStep {
    return this.#apply("map", change, { ...options, result: { schema, keys: [] } });
  }

  flatMap({ schema }: RowType<object>, make: UserFunction, options?: FunctionOptions): StreamStep {
    return this.#apply("flatMap", make, { ...options, result: { schema, keys: [] } });
  }

  mapAsync({ schema }: RowType<object>, f: UserFunction, options?: AsyncOptions): StreamStep {
    const all = { ...options, schema };
    return this.#onRows("mapAsync", () => mapAsyncNode("mapAsync", this.#input, f, all));
  }

  mapBatchesAsync(
    { schema }: RowType<object>,
    change: UserFunction,
    options: AsyncBatchOptions,
  ): StreamStep {
    const [step, all] = ["mapBatchesAsync", { ...options, schema }] as const;
    return this.#onRows(step, () => mapAsyncNode(step, this.#input, change, all));
  }

  lookup(
    { schema: found }: RowType<object>,
    by: RowCallback,
    fetch: UserFunction,
    options?: LookupOptions<"inner" | "left">,
  ): StreamStep {
    const all = { ...options, by, found, fetch };
    return this.#onRows("lookup", () => lookupNode("lookup", this.#input, all));
  }

  lookupMany(
    { schema: found }: RowType<object>,
    by: RowCallback,
    fetch: UserFunction,
    options: LookupManyOptions<"inner" | "left">,
  ): StreamStep {
    const all = { ...options, by, found, fetch };
    return this.#onRows("lookupMany", () => lookupNode("lookupMany", this.#input, all));
  }

  union(...others: readonly StreamStep[]): StreamStep {
    return this.within("union", () => {
      const inputs = [this as StreamStep, ...others].map((stream) => this.#aligned(stream));
      const ids = inputs.map((stream) => stream.node.id);
      const isUpdating = inputs.some((stream) => stream.node.updating !== undefined);
      const updating = isUpdating ? { updating: { uniqueKey: [] } } : {};
      const id = this.draft.deriveId("union");
      const { schema } = this.node;
      return this.#append({ inputs: ids, schema, keys: [], ...updating, id, kind: "union" });
    });
  }

  /** A stream with the columns of this one in the same order; other columns are reported. */
  #aligned(other: StreamStep): StreamStep {
    const here = this.#schema.fields;
    const there = other.#schema.fields;
    const text = (fields: RowSchema["fields"]): string =>
      formatDataType({ kind: "row", nullable: false, fields });
    if (text(here) === text(there)) return other;
    const sorted = here.map((field) => findField(other.#schema, field.name) ?? field);
    if (here.length === there.length && text(sorted) === text(here)) {
      const isSame = sorted.every((field) => there.includes(field));
      if (isSame) return other.#project("select", sorted.map(columnOf), []);
    }
    const params = { step: "union", expected: text(here), actual: text(there) };
    reportProblem("PLAN_TYPE_MISMATCH", params);
    return other;
  }

  split(branches: Readonly<Record<string, RowCallback | "rest">>): Record<string, StreamStep> {
    return this.within("split", () => {
      const conditions = splitConditions(this.#schema, branches);
      const streams = conditions.map(({ name, predicate }) => {
        const id = this.draft.deriveId("where");
        return [name, this.#append({ ...this.#base, id, kind: "where", predicate })] as const;
      });
      return Object.fromEntries(streams);
    });
  }

  withEventTime(time: RowCallback, options: { outOfOrderness: Duration }): StreamStep {
    return this.within("withEventTime", () => {
      this.#checkAppends("withEventTime");
      const parts = retimeParts(this.#input, time, options);
      return this.#append({ ...this.#base, id: this.draft.deriveId("eventTime"), ...parts });
    });
  }

  sample(fraction: number, options: SampleArguments = {}): StreamStep {
    return this.within("sample", () => {
      const parts = sampleParts(this.#input, fraction, options);
      return this.#append({ ...this.#base, id: this.draft.deriveId("sample"), ...parts });
    });
  }

  keyBy(...columns: readonly (string | RowCallback)[]): StreamStep {
    return this.within("keyBy", () => {
      const [callback] = columns;
      if (typeof callback !== "function") {
        const names = columns as readonly string[];
        return this.#marked(knownNames("keyBy", this.#schema, names), names.length);
      }
      const added = columnsFrom("keyBy", this.#schema, callback);
      const keyed = this.#project("keyBy", withAdded(this.#schema, added), []);
      return keyed.#marked(
        added.map((column) => column.name),
        added.length,
      );
    });
  }

  /** @param givenCount columns that were named, known or not */
  #marked(keys: readonly string[], givenCount: number): StreamStep {
    if (givenCount === 0) {
      reportProblem("PLAN_ARGUMENT_INVALID", { problem: "keyBy needs at least one column" });
    }
    const id = this.draft.deriveId("keyBy");
    return this.#append({ ...this.#base, keys: [...new Set(keys)], id, kind: "keyBy" });
  }

  #checkKeyed(step: string): void {
    // A keyBy without a known column has been reported already.
    if (this.node.keys.length > 0 || this.node.kind === "keyBy") return;
    reportProblem("PLAN_ARGUMENT_INVALID", { problem: `keyBy must come before ${step}` });
  }

  #checkAppends(step: string): void {
    if (this.node.updating !== undefined) reportProblem("PLAN_UPDATING_REFUSED", { step });
  }

  window(
    window: WindowSpec,
    options: { allowedLateness?: Duration; emit?: "on-close" | UpdatingEmit } = {},
  ): WindowedStep<StreamStep> {
    return this.within("window", () => {
      this.#checkKeyed("window");
      this.#checkAppends("window");
      const timing = windowTiming(window, options);
      return new WindowedStep(this.draft, this.node, { window, ...timing }, (node) =>
        this.#append(node),
      );
    });
  }

  /** A step over a keyed stream with an id of the user's, which needs rows that stay. */
  #stateful(verb: string, id: string, nodeOf: (step: string) => LogicalNode): StreamStep {
    return this.#keyedStep(verb, id, (step) => {
      this.#checkAppends(step);
      return nodeOf(step);
    });
  }

  /** A step over a keyed stream with an id of the user's, whose rows may be taken back. */
  #keyedStep(verb: string, id: string, nodeOf: (step: string) => LogicalNode): StreamStep {
    const step = `${verb} ${JSON.stringify(id)}`;
    return this.within(step, () => {
      this.draft.takeId(id);
      this.#checkKeyed(verb);
      return this.#append(nodeOf(step));
    });
  }

  get #input(): StepInput {
    return { draft: this.draft, node: this.node };
  }

  over(id: string, frame: FrameOptions, columns: RowCallback): StreamStep {
    return this.#stateful("over", id, (step) =>
      overNode(step, id, this.#input, { frame, columns }),
    );
  }

  resample(id: string, options: ResampleArguments): StreamStep {
    return this.#stateful("resample", id, (step) => resampleNode(step, id, this.#input, options));
  }

  gapFill(id: string, options: GapFillArguments): StreamStep {
    return this.#stateful("gapFill", id, (step) => gapFillNode(step, id, this.#input, options));
  }

  interpolate(id: string, options: InterpolateArguments): StreamStep {
    return this.#stateful("interpolate", id, (step) =>
      interpolateNode(step, id, this.#input, options),
    );
  }

  deduplicate(id: string, options: DeduplicateArguments): StreamStep {
    return this.#stateful("deduplicate", id, (step) =>
      options.keep === "last"
        ? lastRowNode(step, id, this.#input, options.within)
        : deduplicateNode(step, id, this.#input, options),
    );
  }

  aggregate(id: string, columns: RowCallback, options: RunningAggregateArguments = {}): StreamStep {
    return this.#keyedStep("aggregate", id, (step) =>
      runningAggregateNode(step, id, this.#input, columns, options),
    );
  }

  topN(id: string, options: TopNArguments): StreamStep {
    return this.#keyedStep("topN", id, (step) => topNNode(step, id, this.#input, options));
  }

  rank(id: string, options: RankArguments): StreamStep {
    return this.#keyedStep("rank", id, (step) => rankNode(step, id, this.#input, options));
  }

  changes(): StreamStep {
    return this.within("changes", () => {
      if (this.node.updating === undefined) {
        const problem = "changes: the rows of this stream stay, so there are none";
        reportProblem("PLAN_ARGUMENT_INVALID", { problem });
      }
      const fields = [...this.#schema.fields, changeField];
      checkDuplicates("changes", fields);
      const id = this.draft.deriveId("changes");
      const inputs = [this.node.id];
      return this.#append({ inputs, schema: { fields }, keys: [], id, kind: "changes" });
    });
  }

  join(id: string, right: StreamStep, options: JoinArguments): StreamStep {
    const step = `join ${JSON.stringify(id)}`;
    return this.within(step, () => {
      this.draft.takeId(id);
      this.#checkKeyed("join");
      return this.#append(joinNode(step, id, { left: this.node, right: right.node }, options));
    });
  }

  intervalJoin(id: string, right: StreamStep, options: IntervalJoinArguments): StreamStep {
    return this.#joined("intervalJoin", id, right, (step, inputs) =>
      intervalJoinNode(step, id, inputs, options),
    );
  }

  windowJoin(id: string, right: StreamStep, options: WindowJoinArguments): StreamStep {
    return this.#joined("windowJoin", id, right, (step, inputs) =>
      windowJoinNode(step, id, inputs, options),
    );
  }

  asOfJoin(id: string, right: StreamStep, options: AsOfJoinArguments): StreamStep {
    return this.#joined("asOfJoin", id, right, (step, inputs) =>
      asOfJoinNode(step, id, inputs, options),
    );
  }

  lookupTable(id: string, table: StreamStep, options: LookupTableArguments): StreamStep {
    const step = `lookupTable ${JSON.stringify(id)}`;
    return this.within(step, () => {
      this.draft.takeId(id);
      table.#checkKeyed("lookupTable");
      this.#checkAppends(step);
      table.#checkAppends(step);
      const broadcast = this.draft.append(broadcastNode(this.draft, table.node));
      const inputs = { left: this.node, table: broadcast };
      return this.#append(lookupTableNode(step, id, inputs, options));
    });
  }

  /** A join of two streams whose rows stay. */
  #joined(
    verb: string,
    id: string,
    right: StreamStep,
    nodeOf: (step: string, inputs: JoinInputs) => LogicalNode,
  ): StreamStep {
    return this.#stateful(verb, id, (step) => {
      right.#checkAppends(step);
      return nodeOf(step, { left: this.node, right: right.node });
    });
  }

  pattern(id: string, options: PatternArguments): StreamStep {
    return this.#stateful("pattern", id, (step) => patternNode(step, id, this.#input, options));
  }

  process(id: string, options: ProcessArguments): StreamStep {
    return this.#stateful("process", id, (step) => processNode(step, id, this.#input, options));
  }

  side(name: string): StreamStep {
    return this.within("side", () => {
      const { node } = this;
      const side =
        node.kind === "process" ? node.sides.find((one) => one.name === name) : undefined;
      if (side === undefined) {
        const problem = `side: the step before it has no side output ${JSON.stringify(name)}`;
        reportProblem("PLAN_ARGUMENT_INVALID", { problem });
        return this;
      }
      const id = this.draft.deriveId("side");
      const { schema } = side;
      return this.#append({ inputs: [node.id], schema, keys: [], id, kind: "side", name });
    });
  }

  detect(id: string, options: DetectArguments): StreamStep {
    return this.#stateful("detect", id, (step) => detectNode(step, id, this.#input, options));
  }

  forecast(id: string, options: ForecastArguments): StreamStep {
    return this.#stateful("forecast", id, (step) => forecastNode(step, id, this.#input, options));
  }

  late(): StreamStep {
    return this.within("late", () => {
      const input = this.draft.find(this.node.inputs[0] ?? "");
      if (this.node.kind !== "windowAggregate" || input === undefined) {
        const problem = "late goes directly after a window's aggregate";
        reportProblem("PLAN_ARGUMENT_INVALID", { problem });
        return this;
      }
      const { schema, keys } = input;
      const id = this.draft.deriveId("late");
      return this.#append({ inputs: [this.node.id], schema, keys, id, kind: "late" });
    });
  }

  sink(id: string, sink: SinkDescriptor, options: { guarantee?: Guarantee } = {}): SinkStep {
    const step = `sink ${JSON.stringify(id)}`;
    return this.within(step, () => {
      this.draft.takeId(id);
      if (sink.rowType !== undefined) checkTaken(step, this.#schema, sink.rowType.schema);
      this.#append({
        ...this.#base,
        id,
        kind: "sink",
        connector: sink.connector,
        ...(sink.topic === undefined ? {} : { topic: sink.topic }),
        options: sink.options,
        guarantee: sink.guarantee,
        ...(sink.updatesKey === undefined ? {} : { updatesKey: sink.updatesKey }),
        ...(options.guarantee === undefined ? {} : { demandedGuarantee: options.guarantee }),
      });
      return new SinkStep(id);
    });
  }
}
