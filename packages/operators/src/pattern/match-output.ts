import {
  batchSchema,
  columnOf,
  compileExpression,
  concatColumns,
  constantColumn,
  type Evaluator,
  int64Column,
  makeBatch,
  mapToFloats,
  mapToInts,
  takeColumn,
  takeRows,
} from "@millrace/columnar";
import {
  type FieldType,
  hiddenColumns,
  lineageColumns,
  type RowSchema,
  toArrowSchema,
} from "@millrace/core";
import {
  type MatchAggregate,
  type MatchCell,
  matchCallType,
  type PatternSpec,
} from "@millrace/plan";
import { type Data, type RecordBatch, Schema } from "apache-arrow";
import { CallInput } from "../aggregate/call-input.ts";
import { type AccumulatorPlan, planAccumulator } from "../aggregate/create-accumulator.ts";
import { EventOrder } from "../aggregate/event-order.ts";
import { Scratch } from "../scratch.ts";
import type { KeptRows } from "./kept-rows.ts";
import type { Matches } from "./matcher.ts";
import type { PatternKeys } from "./pattern-keys.ts";
import type { TakenRows } from "./taken-rows.ts";

const timeType = { kind: "int64", as: "number", nullable: false } as const;

/** The rows of a variable over all matches: slots, and the match of each. */
interface VariableRows {
  readonly slots: Int32Array;
  readonly matches: Int32Array;
}

/**
 * Makes the rows of matches: keys, then the columns, `$time` of the last row of the match, and the
 * lineage of its first row, which no other match has.
 *
 * **Cost** O(rows of the matches) per column, a sort of the matches
 */
export class MatchOutput {
  readonly #spec: PatternSpec;
  readonly #variables: readonly string[];
  readonly #calls: Schema;
  readonly #results: readonly Evaluator[];
  readonly #output: RowSchema;
  readonly #plans: ReadonlyMap<MatchAggregate, { plan: AccumulatorPlan; input: CallInput }>;
  #schema: { readonly from: Schema; readonly to: Schema } | undefined;

  /** @param overflow throws when a sum leaves the range of exact integers */
  constructor(spec: PatternSpec, output: RowSchema, overflow: (name: string) => never) {
    this.#spec = spec;
    this.#variables = spec.variables.map(({ name }) => name);
    this.#output = output;
    const fields = spec.calls.map((call): FieldType => ({
      name: call.name,
      type: matchCallType(call),
    }));
    this.#calls = batchSchema(fields);
    this.#results = spec.columns.map(({ expression }) => compileExpression(expression));
    const aggregates = spec.calls.filter((call) => call.kind === "aggregate");
    this.#plans = new Map(
      aggregates.map((each) => {
        const plan = planAccumulator(each.call, () => overflow(each.name.slice(1)));
        return [each, { plan, input: new CallInput(each.call, plan, new EventOrder()) }] as const;
      }),
    );
  }

  /** The rows in order of time; undefined where there is no match. */
  of(
    matches: Matches,
    parts: { readonly rows: KeptRows; readonly keys: PatternKeys; readonly taken: TakenRows },
  ): RecordBatch | undefined {
    const { rows, taken, keys } = parts;
    const count = matches.keys.length;
    if (count === 0) return undefined;
    const batch = rows.batch as RecordBatch;
    const order = orderOf(matches, rows, taken);
    const last = order.map((match) => matches.taken[match] as number);
    const columns = this.#columns(last, batch, taken);
    const calls = makeBatch(this.#calls, columns, count);
    const firsts = mapToInts(order, (match) => matches.firsts[match] as number);
    const schema = this.#schemaOf(batch.schema);
    const names = schema.fields.slice(this.#output.fields.length + 1).map(({ name }) => name);
    const times = mapToFloats(last, (at) => rows.times[taken.slotOf(at)] as number);
    const results = this.#spec.columns.map(({ name }, i) => {
      const result = this.#results[i] as Evaluator;
      return [name, result.evaluate(calls)] as const;
    });
    const keyColumns = keys.columns(order.map((match) => matches.keys[match] as number));
    const byName = new Map([
      ...keys.fields.map(({ name }, i) => [name, keyColumns[i] as Data] as const),
      ...results,
    ]);
    const all = [
      ...this.#output.fields.map(({ name }) => byName.get(name) as Data),
      int64Column(times, count),
      ...names.map((name) => takeColumn(columnOf(batch, name as string), firsts, count)),
    ];
    return makeBatch(schema, all, count);
  }

  /** The values of matches that the columns read, by their last taken rows. */
  #columns(last: readonly number[], batch: RecordBatch, taken: TakenRows): Data[] {
    const rowsOf = new Map<string, VariableRows>();
    return this.#spec.calls.map((call) => {
      const variable = this.#variables.indexOf(call.variable);
      if (call.kind === "cell") return cells(call, variable, last, batch, taken);
      const known = rowsOf.get(call.variable) ?? variableRows(variable, last, taken);
      rowsOf.set(call.variable, known);
      return this.#aggregate(call, known, batch, last.length);
    });
  }

  #aggregate(
    call: MatchAggregate,
    { slots, matches }: VariableRows,
    batch: RecordBatch,
    count: number,
  ): Data {
    const { plan, input } = this.#plans.get(call) as { plan: AccumulatorPlan; input: CallInput };
    const accumulator = plan.create();
    accumulator.ensure(count);
    if (slots.length > 0) {
      input.prepare(takeRows(batch, slots, slots.length));
      accumulator.add(input.pick(Scratch.identity(slots.length), matches, slots.length));
    }
    return accumulator.result(Scratch.identity(count), count);
  }

  #schemaOf(from: Schema): Schema {
    if (this.#schema?.from !== from) {
      const lineage = from.fields.filter(({ name }) => lineageColumns.includes(name as string));
      const time = batchSchema([{ name: hiddenColumns.time, type: timeType }]).fields;
      const to = new Schema([...toArrowSchema(this.#output).fields, ...time, ...lineage]);
      this.#schema = { from, to };
    }
    return this.#schema.to;
  }
}

/** Matches by the time and place of their last rows, then of their first ones. */
function orderOf(matches: Matches, rows: KeptRows, taken: TakenRows): number[] {
  const last = matches.taken.map((at) => rows.sequence[taken.slotOf(at)] as number);
  const first = matches.firsts.map((slot) => rows.sequence[slot] as number);
  return last
    .map((_, match) => match)
    .sort(
      (a, b) =>
        (last[a] as number) - (last[b] as number) || (first[a] as number) - (first[b] as number),
    );
}

/** One row of a variable for each match. */
function cells(
  { from, offset, column }: MatchCell,
  variable: number,
  last: readonly number[],
  batch: RecordBatch,
  taken: TakenRows,
): Data {
  const count = last.length;
  const data = columnOf(batch, column);
  const slots = new Int32Array(count);
  let isMissing = false;
  for (let match = 0; match < count; match += 1) {
    const end = taken.lastOf(last[match] as number, variable);
    const back = end < 0 ? -1 : from === "last" ? offset : taken.countOf(end) - 1 - offset;
    const row = back < 0 ? -1 : taken.earlier(end, back);
    slots[match] = row < 0 ? -1 : taken.slotOf(row);
    if (row < 0) isMissing = true;
  }
  if (!isMissing) return takeColumn(data, slots, count);
  const present = slots.filter((slot) => slot >= 0);
  const found = takeColumn(data, present, present.length);
  const withNull = concatColumns([found, constantColumn(data.type, 1, true)]);
  let next = 0;
  const places = slots.map((slot) => (slot < 0 ? present.length : next++));
  return takeColumn(withNull, places, count);
}

function variableRows(variable: number, last: readonly number[], taken: TakenRows): VariableRows {
  const slots: number[] = [];
  const matches: number[] = [];
  for (const [match, way] of last.entries()) {
    const end = taken.lastOf(way, variable);
    if (end < 0) continue;
    const count = taken.countOf(end);
    const from = slots.length;
    let at = end;
    for (let i = count - 1; i >= 0; i -= 1) {
      slots[from + i] = taken.slotOf(at);
      matches.push(match);
      at = taken.beforeOf(at);
    }
  }
  return { slots: Int32Array.from(slots), matches: Int32Array.from(matches) };
}
