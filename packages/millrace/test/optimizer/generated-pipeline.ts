import type { RowSchema, SinkDescriptor, SourceDescriptor } from "@millrace/core";
import fc from "fast-check";
import {
  count,
  hopping,
  type InferRow,
  linear,
  literal,
  max,
  minutes,
  type Pipeline,
  pipeline,
  previous,
  sum,
  t,
  tumbling,
  when,
} from "millrace";

/** The rows that generated pipelines read. */
export const Ride = t.row({
  at: t.timestamp(),
  city: t.utf8(),
  km: t.float64(),
  seats: t.int32().nullable(),
});
export type Ride = InferRow<typeof Ride>;

/** One generated step: which one, and numbers from which its columns and values follow. */
export interface GeneratedStep {
  readonly kind: (typeof stepKinds)[number];
  readonly a: number;
  readonly b: number;
}

const stepKinds = [
  "where",
  "whereText",
  "whereAlways",
  "withColumns",
  "withTexts",
  "select",
  "rename",
  "drop",
  "keyBy",
  "keyByMore",
  "window",
  "unionSelf",
  "splitAndUnion",
  "filter",
  "running",
  "topN",
  "lastRow",
  "grid",
  "branch",
] as const;

export const generatedSteps: fc.Arbitrary<readonly GeneratedStep[]> = fc.array(
  fc.record({
    kind: fc.constantFrom(...stepKinds),
    a: fc.nat({ max: 1000 }),
    b: fc.nat({ max: 1000 }),
  }),
  { minLength: 1, maxLength: 9 },
);

// Generated steps go through the builder without its types: their columns are known when it runs.
/* oxlint-disable typescript/no-explicit-any */
type AnyStep = any;
type AnyRow = any;
/* oxlint-enable typescript/no-explicit-any */

const store: SinkDescriptor = {
  role: "sink",
  connector: "store",
  options: {},
  guarantee: "exactly-once",
};
const rides: SourceDescriptor<Ride> = {
  role: "source",
  connector: "rides",
  options: {},
  rowType: Ride,
  skips: "rows",
};

function columnsOf(stream: AnyStep, kind?: string): string[] {
  const { schema } = stream.node as { schema: RowSchema };
  const fits = schema.fields.filter((f) => kind === undefined || f.type.kind === kind);
  return fits.map((field) => field.name);
}

function pick<Value>(values: readonly Value[], at: number): Value | undefined {
  return values.length === 0 ? undefined : values[at % values.length];
}

function isUpdating(stream: AnyStep): boolean {
  return (stream.node as { updating?: unknown }).updating !== undefined;
}

/** Applies the steps that suit the stream at hand; the others leave it as it is. */
function applyStep(
  stream: AnyStep,
  step: GeneratedStep,
  at: number,
  sinks: (stream: AnyStep) => void,
): AnyStep {
  const { a, b } = step;
  const number = pick([...columnsOf(stream, "float64"), ...columnsOf(stream, "int64")], a);
  const text = pick(columnsOf(stream, "utf8"), a);
  const { keys } = stream.node as { keys: readonly string[] };
  const free = columnsOf(stream).filter((name) => !keys.includes(name));
  switch (step.kind) {
    case "where":
      if (number === undefined) return stream;
      return stream.where((row: AnyRow) => row[number].gt(b / 20).or(row[number].isNull()));
    case "whereText":
      if (text === undefined || number === undefined) return stream;
      return stream.where((row: AnyRow) =>
        row[text].lower().contains("o").or(row[text].matches("^[A-R]")).and(row[number].lt(a)),
      );
    case "whereAlways":
      return stream.where(() => literal(true).and(literal(a % 7 > 0)));
    case "withColumns":
      if (number === undefined) return stream;
      return stream.withColumns((row: AnyRow) => ({
        [`n${at}`]: when(row[number].gt(a % 50), row[number]).otherwise(literal(1).plus(2)),
      }));
    case "withTexts":
      if (text === undefined) return stream;
      return stream.withColumns((row: AnyRow) => ({
        [`t${at}`]: row[text].upper().concat("-", row[text].upper()),
        [`u${at}`]: row[text].upper().lower(),
      }));
    case "select": {
      const kept = free.filter((_, index) => ((a >> (index % 10)) & 1) === 0);
      const names = [...keys, ...kept];
      return names.length === 0 ? stream : stream.select(...names);
    }
    case "rename": {
      const name = pick(free, a);
      return name === undefined ? stream : stream.rename({ [name]: `r${at}` });
    }
    case "drop": {
      const name = pick(free, a);
      return name === undefined || columnsOf(stream).length < 2 ? stream : stream.drop(name);
    }
    case "keyBy": {
      const name = text ?? number;
      return name === undefined ? stream : stream.keyBy(name);
    }
    case "keyByMore": {
      const more = pick(free, b);
      return keys.length === 0 || more === undefined ? stream : stream.keyBy(...keys, more);
    }
    case "window":
      if (isUpdating(stream)) return stream;
      if (keys.length === 0 && text !== undefined) {
        return applyStep(stream.keyBy(text), step, at, sinks);
      }
      if (keys.length === 0 || number === undefined || keys.includes(number)) return stream;
      if (keys.some((key) => key.startsWith("window") || key.startsWith("c"))) {
        if (keys.some((key) => key !== "city")) return stream;
      }
      return stream
        .window(a % 2 === 0 ? tumbling(minutes(30)) : hopping(minutes(60), minutes(20)))
        .aggregate(`window-${at}`, (row: AnyRow) => ({
          [`c${at}`]: count(),
          [`m${at}`]: max(row[number]),
          // Without the sum of floats, rows may be put together before they move.
          [`s${at}`]: sum(b % 2 === 0 ? row[number].floor() : row[number].cast(t.int32())),
        }));
    case "unionSelf":
      return stream.union(stream);
    case "splitAndUnion": {
      if (number === undefined) return stream;
      const { high, rest } = stream.split({
        high: (row: AnyRow) => row[number].gt(b / 20),
        rest: "rest",
      });
      return high.union(rest);
    }
    case "filter":
      if (number === undefined || isUpdating(stream)) return stream;
      return stream.filter((row: AnyRow) => row[number] !== a % 3);
    case "running":
      if (keys.length === 0 || number === undefined) return stream;
      return stream.aggregate(`running-${at}`, (row: AnyRow) => ({
        [`c${at}`]: count(),
        [`m${at}`]: max(row[number]),
        [`s${at}`]: sum(row[number].floor()),
      }));
    case "topN":
      if (keys.length === 0 || number === undefined) return stream;
      return stream.topN(`top-${at}`, {
        n: (a % 3) + 1,
        orderBy: (row: AnyRow) => row[number].desc(),
        ties: a % 5 === 0 ? "keep" : "cut",
        ...(b % 2 === 0 ? { rank: `p${at}` } : {}),
      });
    case "lastRow":
      if (keys.length === 0 || isUpdating(stream)) return stream;
      return stream.deduplicate(`last-${at}`, { keep: "last" });
    case "grid":
      if (keys.length === 0 || isUpdating(stream)) return stream;
      return applyGrid(stream, step, at);
    case "branch":
      sinks(stream);
      return stream;
  }
}

/** Applies one of the steps that put rows at regular times, or fill their nulls. */
function applyGrid(stream: AnyStep, { a, b }: GeneratedStep, at: number): AnyStep {
  const { keys, schema } = stream.node as { keys: readonly string[]; schema: RowSchema };
  const isFree = (name: string): boolean => !keys.includes(name);
  const number = pick(columnsOf(stream, "float64").filter(isFree), a);
  const [time] = columnsOf(stream, "timestamp").filter(isFree);
  const nulls = schema.fields.filter((f) => f.type.nullable && isFree(f.name));
  if (a % 3 === 0 && !keys.includes("time")) {
    const kept = columnsOf(stream).filter((name) => isFree(name) && name !== "time");
    return stream.resample(`even-${at}`, {
      every: minutes((b % 4) * 5 + 5),
      maxGap: minutes(60),
      columns: (row: AnyRow) => ({
        ...Object.fromEntries(kept.map((name) => [name, previous(row[name])])),
        ...(number === undefined ? {} : { [`l${at}`]: linear(row[number].plus(b)) }),
      }),
    });
  }
  if (a % 3 === 1 && time !== undefined) {
    const fill = b % 3 === 0 ? "previous" : { value: 3 };
    return stream.gapFill(`filled-${at}`, {
      every: minutes(10),
      time,
      maxGap: minutes(50),
      upTo: b % 2 === 0 ? "watermark" : "last-row",
      fill: number === undefined ? {} : { [number]: fill },
    });
  }
  if (nulls.length === 0) return stream;
  return stream.interpolate(`known-${at}`, {
    columns: nulls.map(({ name }) => name),
    method: b % 2 === 0 ? "previous" : "next",
    maxGap: minutes(30),
  });
}

/**
 * The columns by which a sink of an updating stream replaces rows: none, its first one or its last.
 */
function updatesKeyOf(stream: AnyStep, number: number): readonly string[] {
  const names = columnsOf(stream);
  return [[], names.slice(0, 1), names.slice(-1)][number % 3] ?? [];
}

/** The pipeline that the steps make, and its sinks by id, with the columns that they replace by. */
export function generatedPipeline(steps: readonly GeneratedStep[]): {
  readonly pipeline: Pipeline;
  readonly sinks: ReadonlyMap<string, readonly string[] | undefined>;
} {
  const made = new Map<string, readonly string[] | undefined>();
  const built = pipeline("generated", (p) => {
    made.clear();
    const sinks = (stream: AnyStep): void => {
      const id = `out${made.size}`;
      const updatesKey = isUpdating(stream)
        ? updatesKeyOf(stream, made.size + steps.length)
        : undefined;
      made.set(id, updatesKey);
      stream.sink(id, updatesKey === undefined ? store : { ...store, updatesKey });
    };
    const options = { eventTime: (ride: AnyRow) => ride.at, outOfOrderness: minutes(10) };
    let stream: AnyStep = p.source("rides", rides, options);
    for (const [at, step] of steps.entries()) stream = applyStep(stream, step, at, sinks);
    sinks(stream);
  });
  built.build();
  return { pipeline: built, sinks: new Map(made) };
}
