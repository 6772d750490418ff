import type { OperatorSegment, OutputRow } from "@millrace/conformance";
import type { DataType, FieldType, Operator, RowSchema } from "@millrace/core";
import type {
  Expression,
  FunctionName,
  MatchAggregate,
  MatchCall,
  MatchCell,
  PatternSkip,
  PatternSpec,
} from "@millrace/plan";
import fc from "fast-check";
import { PatternOperator } from "../../src/pattern/pattern.ts";
import {
  batchOf,
  call,
  column,
  float64,
  int64,
  lineageFields,
  operatorOf,
  timeField,
  utf8,
  watermarkField,
} from "../fixtures.ts";
import {
  type ModelPattern,
  type ModelRow,
  type ModelVariable,
  naiveMatches,
  type Taken,
} from "./naive-patterns.ts";

const nullableUtf8: DataType = { ...utf8, nullable: true };
const boolean: DataType = { kind: "boolean", nullable: true };
const nullableInt64: DataType = { ...int64, nullable: true };

export const patternInput: readonly FieldType[] = [
  { name: "key", type: nullableUtf8 },
  { name: "n", type: int64 },
  { name: "x", type: float64 },
];
export const patternRows: readonly FieldType[] = [
  ...patternInput,
  timeField,
  ...lineageFields,
  watermarkField,
];

/** A column of a row of a variable. */
export function cell(
  variable: string,
  from: "first" | "last",
  offset = 0,
  name: "n" | "x" = "n",
): MatchCell {
  const type = name === "n" ? nullableInt64 : float64;
  const title = `$${variable}.${from}.${offset}.${name}`;
  return { kind: "cell", name: title, variable, from, offset, column: name, type };
}

/** An aggregate of `n` over the rows of a variable. */
export function aggregate(
  variable: string,
  what: "count" | "sum" | "min" | "max" | "mean",
): MatchAggregate {
  const isCount = what === "count";
  const type = isCount ? int64 : what === "mean" ? float64 : nullableInt64;
  const of = isCount ? undefined : column("n", int64);
  return { kind: "aggregate", name: `$${variable}.${what}`, variable, call: call(what, of, type) };
}

export const read = (of: MatchCall): Expression =>
  column(of.name, of.kind === "cell" ? of.type : of.call.type);

export function apply(name: FunctionName, ...parts: readonly Expression[]): Expression {
  return { kind: "call", function: name, arguments: parts, type: boolean };
}

export const whole = (value: number): Expression => ({ kind: "literal", value, type: int64 });

const n = column("n", int64);

/** A condition in both forms, and what it reads of the match. */
interface ConditionPair {
  readonly expression?: Expression;
  readonly calls: readonly MatchCall[];
  readonly test: (row: ModelRow, taken: readonly Taken[]) => boolean;
}

const rowsOf = (taken: readonly Taken[], variable: string): ModelRow[] =>
  taken.filter((t) => t.variable === variable).map(({ row }) => row);

type MakeCondition = (own: string, earlier: string, bound: number) => ConditionPair;

/** Conditions of all sorts: of the row alone, of its own variable, of an earlier one. */
const conditionKinds: Readonly<Record<string, MakeCondition>> = {
  any: () => ({ calls: [], test: () => true }),
  least: (_, __, bound) => ({
    expression: apply("gte", n, whole(bound)),
    calls: [],
    test: (row) => row.n >= bound,
  }),
  most: (_, __, bound) => ({
    expression: apply("lte", n, whole(bound)),
    calls: [],
    test: (row) => row.n <= bound,
  }),
  nullable: (_, __, bound) => ({
    expression: apply("lt", column("x", float64), column("n", int64)),
    calls: [],
    test: (row) => row.x !== null && row.x < row.n && bound > -9,
  }),
  falling: (own) => {
    const before = cell(own, "last", 1);
    return {
      expression: apply("or", apply("isNull", read(before)), apply("lt", n, read(before))),
      calls: [before],
      test: (row, taken) => {
        const last = rowsOf(taken, own).at(-2);
        return last === undefined || row.n < last.n;
      },
    };
  },
  aboveFirst: (_, earlier, bound) => {
    const first = cell(earlier, "first");
    return {
      expression: apply("and", apply("gte", n, whole(bound)), apply("gt", n, read(first))),
      calls: [first],
      test: (row, taken) => {
        const [other] = rowsOf(taken, earlier);
        return row.n >= bound && other !== undefined && row.n > other.n;
      },
    };
  },
  sumBelow: (own, _, bound) => {
    const sum = aggregate(own, "sum");
    return {
      expression: apply("lt", read(sum), whole(bound * 3)),
      calls: [sum],
      test: (_row, taken) => {
        const rows = rowsOf(taken, own);
        return rows.length > 0 && rows.reduce((all, r) => all + r.n, 0) < bound * 3;
      },
    };
  },
  aboveGreatest: (_, earlier) => {
    const [max, count] = [aggregate(earlier, "max"), aggregate(earlier, "count")];
    return {
      expression: apply("or", apply("eq", read(count), whole(0)), apply("gte", n, read(max))),
      calls: [max, count],
      test: (row, taken) => rowsOf(taken, earlier).every((other) => row.n >= other.n),
    };
  },
};

/** A pattern for the operator and for the model. */
export interface PatternCase {
  readonly spec: PatternSpec;
  readonly model: ModelPattern;
}

/** A variable in short: name, quantifier, condition and its bound, how it takes rows. */
export interface ShortVariable {
  readonly name: string;
  readonly min: number;
  readonly max?: number | undefined;
  readonly isReluctant?: boolean;
  readonly isRelaxed?: boolean;
  readonly kind?: string;
  readonly bound?: number;
  readonly unlessKind?: string | undefined;
}

/** A pattern from short variables. */
export function patternCase(
  short: readonly ShortVariable[],
  withinMs: number,
  skip: PatternSkip,
  absentKind?: string,
): PatternCase {
  const conditionCalls: MatchCall[] = [];
  const model: ModelVariable[] = [];
  const variables = short.map((each, i) => {
    const { name, min, max, isReluctant = false, isRelaxed = false, bound = 0 } = each;
    const earlier = short[Math.max(0, i - 1)]?.name ?? name;
    const pairOf = (kind: string): ConditionPair =>
      (conditionKinds[kind] as MakeCondition)(name, earlier, bound);
    const condition = pairOf(each.kind ?? "any");
    const unless =
      each.unlessKind === undefined || !isRelaxed ? undefined : pairOf(each.unlessKind);
    conditionCalls.push(...condition.calls, ...(unless?.calls ?? []));
    const counts = { min, ...(max === undefined ? {} : { max }) };
    const how = { isReluctant, isRelaxed };
    const never = (): boolean => false;
    const test = { condition: condition.test, unless: unless?.test ?? never };
    model.push({ name, ...counts, ...how, ...test });
    return {
      name,
      ...counts,
      ...how,
      ...(condition.expression === undefined ? {} : { condition: condition.expression }),
      ...(unless?.expression === undefined ? {} : { unless: unless.expression }),
    };
  });
  const [last, bound] = [short.at(-1)?.name ?? "", short.at(-1)?.bound ?? 0];
  const absent =
    absentKind === undefined
      ? undefined
      : (conditionKinds[absentKind] as MakeCondition)(last, last, bound);
  conditionCalls.push(...(absent?.calls ?? []));
  const calls = short.flatMap(({ name }) => measures(name).map(({ of }) => of));
  const columns = short.flatMap(({ name }) =>
    measures(name).map(({ title, of }) => ({ name: title, expression: read(of) })),
  );
  const keys = ["key"];
  const spec: PatternSpec = {
    kind: "pattern",
    keys,
    variables,
    ...(absent?.expression === undefined ? {} : { notFollowedBy: absent.expression }),
    withinMs,
    skip,
    conditionCalls,
    calls,
    columns,
  };
  const notFollowedBy = absent?.test;
  return { spec, model: { variables: model, notFollowedBy, withinMs, skip } };
}

function measures(name: string): { readonly title: string; readonly of: MatchCall }[] {
  return [
    { title: `${name}_count`, of: aggregate(name, "count") },
    { title: `${name}_sum`, of: aggregate(name, "sum") },
    { title: `${name}_min`, of: aggregate(name, "min") },
    { title: `${name}_mean`, of: aggregate(name, "mean") },
    { title: `${name}_first`, of: cell(name, "first") },
    { title: `${name}_second`, of: cell(name, "first", 1) },
    { title: `${name}_last`, of: cell(name, "last", 0, "x") },
    { title: `${name}_before`, of: cell(name, "last", 1) },
  ];
}

/** What the operator should give for a match. */
export function matchRow({ variables }: ModelPattern, taken: readonly Taken[]): OutputRow {
  const first = taken[0]?.row as ModelRow;
  const own = variables.flatMap(({ name }) => {
    const rows = rowsOf(taken, name);
    const ns = rows.map((row) => row.n);
    const sum = ns.reduce((all, each) => all + each, 0);
    return [
      [`${name}_count`, rows.length],
      [`${name}_sum`, ns.length === 0 ? null : sum],
      [`${name}_min`, ns.length === 0 ? null : Math.min(...ns)],
      [`${name}_mean`, ns.length === 0 ? null : sum / ns.length],
      [`${name}_first`, ns[0] ?? null],
      [`${name}_second`, ns[1] ?? null],
      [`${name}_last`, rows.at(-1)?.x ?? null],
      [`${name}_before`, ns.at(-2) ?? null],
    ] as const;
  });
  return {
    key: first.key,
    ...Object.fromEntries(own),
    $time: taken.at(-1)?.row.time,
    $source: 0,
    $partition: first.partition,
    $offset: first.offset,
  };
}

/** The operator of a pattern. */
export function patternOperator({ spec }: PatternCase): Operator {
  return operatorOf(spec, schemasOf(spec));
}

/** The operator of a pattern that keeps so many rows at most. */
export function boundedPattern({ spec }: PatternCase, rowsMax: number): Operator {
  return new PatternOperator(spec, schemasOf(spec), "under-test", rowsMax);
}

function schemasOf(spec: PatternSpec): { readonly input: RowSchema; readonly output: RowSchema } {
  const fields = [
    patternInput[0] as FieldType,
    ...spec.columns.map(({ name, expression }) => ({ name, type: expression.type })),
  ];
  return { input: { fields: patternInput }, output: { fields } };
}

/** A row with its hidden columns. */
export function patternRow(row: ModelRow, watermark: number | null = null): OutputRow {
  const { key, n: number, x, time, partition, offset } = row;
  const lineage = { $source: 0, $partition: partition, $offset: offset };
  return { key, n: number, x, $time: time, ...lineage, $watermark: watermark };
}

/** Rows of a key by their numbers, a millisecond apart. */
export function numbers(key: string | null, ...ns: readonly number[]): ModelRow[] {
  return ns.map((each, i) => ({ key, time: i, partition: 0, offset: i, n: each, x: each }));
}

export const batchOfRows = (rows: readonly ModelRow[]): OperatorSegment["rows"] =>
  batchOf(
    patternRows,
    rows.map((row) => patternRow(row)),
  );

/** Rows and watermarks, and the rows that are not late. */
export interface PatternInput {
  readonly segments: readonly OperatorSegment[];
  readonly onTime: readonly ModelRow[];
}

/** Few keys and near times, so that much matches; some rows are late. */
export const patternInputs: fc.Arbitrary<PatternInput> = fc
  .array(
    fc.record({
      rows: fc.array(
        fc.record({
          key: fc.constantFrom("a", "a", "b", null),
          ahead: fc.integer({ min: -3, max: 12 }),
          partition: fc.constantFrom(0, 1),
          n: fc.integer({ min: 0, max: 6 }),
          x: fc.constantFrom(null, 0.5, 2.5, 4),
        }),
        { maxLength: 10 },
      ),
      step: fc.nat({ max: 12 }),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .map((all) => {
    let watermark = 0;
    let offset = 0;
    const onTime: ModelRow[] = [];
    const segments = all.map(({ rows, step }) => {
      const plain = rows.map(({ ahead, ...rest }) => {
        const row: ModelRow = { ...rest, time: watermark + ahead, offset };
        offset += 1;
        const isLate = ahead < 0;
        if (!isLate) onTime.push(row);
        return patternRow(row, isLate ? watermark : null);
      });
      watermark += step;
      return { rows: batchOf(patternRows, plain), watermark };
    });
    return { segments, onTime };
  });

/** What the model finds in rows of all keys. */
export function expectedRows({ model }: PatternCase, rows: readonly ModelRow[]): OutputRow[] {
  const sorted = rows.toSorted(
    (a, b) => a.time - b.time || a.partition - b.partition || a.offset - b.offset,
  );
  return [...new Set(sorted.map(({ key }) => key))].flatMap((key) => {
    const own = sorted.filter((row) => row.key === key);
    return naiveMatches(model, own).map((taken) => matchRow(model, taken));
  });
}

const kinds = fc.constantFrom(...Object.keys(conditionKinds));

const shortVariables = fc
  .array(
    fc.record({
      counts: fc.constantFrom<readonly [number, number | undefined]>(
        [1, 1],
        [1, 1],
        [0, 1],
        [1, undefined],
        [0, undefined],
        [2, undefined],
        [2, 2],
        [0, 2],
        [1, 3],
      ),
      isReluctant: fc.boolean(),
      isRelaxed: fc.boolean(),
      kind: kinds,
      bound: fc.integer({ min: 1, max: 5 }),
      unlessKind: fc.option(fc.constantFrom("least", "most", "aboveFirst", "sumBelow"), {
        nil: undefined,
      }),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((all) =>
    all.map(({ counts: [min, max], ...rest }, i): ShortVariable => ({
      name: "abcd"[i] as string,
      min,
      max,
      ...rest,
    })),
  )
  .filter((all) => all.some(({ min }) => min > 0));

/** Patterns of all sorts, whose search never loops. */
export const patternCases: fc.Arbitrary<PatternCase> = fc
  .tuple(
    shortVariables,
    fc.integer({ min: 1, max: 40 }),
    fc.nat({ max: 20 }),
    fc.constantFrom(undefined, undefined, "least", "most", "aboveFirst", "aboveGreatest"),
  )
  .map(([short, withinMs, choice, absent]) => {
    let needed = 0;
    const targets = short.flatMap(({ name, min }): PatternSkip[] => {
      const isBehind = needed > 0;
      needed += min;
      if (!isBehind || min === 0) return [];
      return [
        { kind: "to-first", variable: name },
        { kind: "to-last", variable: name },
      ];
    });
    const skips: PatternSkip[] = [{ kind: "past-last-row" }, { kind: "to-next-row" }, ...targets];
    const skip = skips[choice % skips.length] as PatternSkip;
    return patternCase(short, withinMs, skip, absent);
  });
