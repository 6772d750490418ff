import {
  compilePredicate,
  type Predicate,
  rowFunction,
  type RowFunction,
} from "@millrace/columnar";
import { assert, type DataType } from "@millrace/core";
import { columnsOf, type Expression, type MatchAggregate, type MatchCall } from "@millrace/plan";
import type { PatternSpec } from "@millrace/plan";
import type { RecordBatch } from "apache-arrow";
import { numberMonoid } from "../over/number-monoid.ts";
import type { KeptRows } from "./kept-rows.ts";
import { type TakenAggregate, TakenRows } from "./taken-rows.ts";

/** What a condition says of a row that is `taken` or, of `unless`, that would follow it. */
type RowTest = (taken: number, slot: number) => boolean;

/** The part of a condition that a row decides by itself, and the rest. */
interface Split {
  readonly own: Predicate | undefined;
  readonly rest: RowTest | undefined;
}

/**
 * The conditions of a pattern's variables.
 *
 * What a row decides by itself is evaluated for whole batches, to bits. What depends on the match
 * so far is judged row by row, and only where the bits allow it: the row counts to its variable
 * already then, as in SQL.
 */
export class Conditions {
  readonly taken: TakenRows;
  /** Whether no condition depends on the match so far. */
  readonly isMemoryless: boolean;
  readonly #conditions: readonly Split[];
  readonly #unless: readonly Split[];
  readonly #hasUnless: readonly boolean[];
  #current = -1;

  /** @param overflow throws when a sum leaves the range of exact integers */
  constructor(
    { variables, notFollowedBy, conditionCalls }: PatternSpec,
    rows: KeptRows,
    overflow: (name: string) => never,
  ) {
    const names = variables.map(({ name }) => name);
    const calls = conditionCalls.filter((call) => call.kind === "aggregate");
    this.taken = new TakenRows(
      calls.map((call) => takenAggregate(call, names, rows, () => overflow(call.name.slice(1)))),
    );
    const readers = new Map(
      conditionCalls.map((call) => {
        const variable = names.indexOf(call.variable);
        const aggregate = call.kind === "aggregate" ? calls.indexOf(call) : -1;
        return [call.name, this.#reader(call, variable, aggregate, rows)] as const;
      }),
    );
    const split = (condition: Expression | undefined): Split =>
      this.#split(condition, readers, rows);
    this.#conditions = variables.map(({ condition }) => split(condition));
    const unless = [...variables.map((variable) => variable.unless), notFollowedBy];
    this.#unless = unless.map(split);
    this.#hasUnless = unless.map((condition) => condition !== undefined);
    this.isMemoryless = [...this.#conditions, ...this.#unless].every((s) => s.rest === undefined);
  }

  #split(
    condition: Expression | undefined,
    readers: ReadonlyMap<string, RowFunction>,
    rows: KeptRows,
  ): Split {
    const parts = condition === undefined ? [] : conjuncts(condition);
    const isOwn = (part: Expression): boolean =>
      [...columnsOf(part)].every((name) => !readers.has(name));
    const own = parts.filter(isOwn);
    const rest = parts.filter((part) => !isOwn(part));
    const test = rest.map((part) => this.#test(part, readers, rows));
    return {
      own: own.length === 0 ? undefined : compilePredicate(all(own)),
      rest:
        test.length === 0 ? undefined : (taken, slot) => test.every((each) => each(taken, slot)),
    };
  }

  #test(condition: Expression, readers: ReadonlyMap<string, RowFunction>, rows: KeptRows): RowTest {
    const evaluate = rowFunction(condition, ({ name, type }) => {
      const read = readers.get(name);
      if (read !== undefined) return read;
      const cell = rows.reader(name, type);
      return (_, slot) => cell(slot);
    });
    const noBatch = undefined as unknown as RecordBatch;
    return (taken, slot) => {
      this.#current = taken;
      return evaluate(noBatch, slot) === true;
    };
  }

  /** A value of the match so far. */
  #reader(call: MatchCall, variable: number, aggregate: number, rows: KeptRows): RowFunction {
    const { taken } = this;
    if (call.kind === "aggregate") {
      return () => taken.result(aggregate, taken.lastOf(this.#current, variable));
    }
    const cell = rows.reader(call.column, call.type);
    const { offset, from } = call;
    return () => {
      const last = taken.lastOf(this.#current, variable);
      if (last < 0) return null;
      const back = from === "last" ? offset : taken.countOf(last) - 1 - offset;
      const found = back < 0 ? -1 : taken.earlier(last, back);
      return found < 0 ? null : cell(taken.slotOf(found));
    };
  }

  /** What each row decides by itself, as bits by variable. */
  bitsOf(batch: RecordBatch): { readonly conditions: Int32Array; readonly unless: Int32Array } {
    return { conditions: bits(this.#conditions, batch), unless: bits(this.#unless, batch) };
  }

  /** Takes a row for a variable after `before`; −1 where the condition does not allow it. */
  take(variable: number, before: number, slot: number, rows: KeptRows): number {
    if ((((rows.conditions[slot] as number) >> variable) & 1) === 0) return -1;
    const taken = this.taken.add(before, variable, slot);
    const rest = this.#conditions[variable]?.rest;
    if (rest === undefined || rest(taken, slot)) return taken;
    this.taken.takeBack();
    return -1;
  }

  /**
   * Whether a row after `taken` must not stand before the next one of a variable; of the number
   * after the last variable, whether it must not follow the match.
   */
  isForbidden(variable: number, taken: number, slot: number, rows: KeptRows): boolean {
    if (this.#hasUnless[variable] !== true) return false;
    if ((((rows.unless[slot] as number) >> variable) & 1) === 0) return false;
    const rest = this.#unless[variable]?.rest;
    return rest === undefined || rest(taken, slot);
  }
}

function conjuncts(condition: Expression): Expression[] {
  const isAnd = condition.kind === "call" && condition.function === "and";
  return isAnd ? condition.arguments.flatMap(conjuncts) : [condition];
}

function all(parts: readonly Expression[]): Expression {
  const [first, ...others] = parts as readonly [Expression, ...Expression[]];
  if (others.length === 0) return first;
  const type: DataType = { kind: "boolean", nullable: parts.some((part) => part.type.nullable) };
  return { kind: "call", function: "and", arguments: parts, type };
}

function bits(splits: readonly Split[], batch: RecordBatch): Int32Array {
  const count = batch.numRows;
  let always = 0;
  for (const [i, { own }] of splits.entries()) if (own === undefined) always |= 1 << i;
  const result = new Int32Array(count).fill(always);
  const rows = new Int32Array(count);
  for (const [i, { own }] of splits.entries()) {
    if (own === undefined) continue;
    const found = own.select(batch, rows);
    for (let k = 0; k < found; k += 1) result[rows[k] as number]! |= 1 << i;
  }
  return result;
}

function takenAggregate(
  { variable, call }: MatchAggregate,
  names: readonly string[],
  rows: KeptRows,
  overflow: () => never,
): TakenAggregate {
  const monoid = numberMonoid(call, overflow);
  assert(monoid !== undefined, `planning refuses ${call.function} in conditions`);
  const index = names.indexOf(variable);
  const { argument } = call;
  if (argument === undefined) return { variable: index, monoid, read: () => 1 };
  assert(argument.kind === "column", "aggregates of a match are of columns");
  const cell = rows.reader(argument.name, argument.type);
  const isCount = call.function === "count";
  const read = (slot: number): number | undefined => {
    const value = cell(slot);
    return value === null ? undefined : isCount ? 1 : (value as number);
  };
  return { variable: index, monoid, read };
}
