import { makeBatch, takeRows } from "@millrace/columnar";
import {
  collectOutput,
  type CollectedOutput,
  expectSameRows,
  foldByKey,
  foldChanges,
  operatorLaws,
  type OutputRow,
} from "@millrace/conformance";
import type { FieldType, Operator } from "@millrace/core";
import type { RunningAggregateSpec } from "@millrace/plan";
import { type RecordBatch, Schema } from "apache-arrow";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { call, column, float64, int32, int64, operatorOf, utf8 } from "../fixtures.ts";
import {
  appended,
  appends,
  type Given,
  inputFields,
  standingOf,
  updates,
  weighted,
} from "./weighted-rows.ts";

const value = column("value", int32);
const calls = [
  call("count", undefined, int64),
  call("sum", value, { kind: "int64", as: "number", nullable: true }),
  call("mean", value, float64),
  call("max", value, int32),
  call("count", value, int64, { distinct: true }),
  call("last", column("n", int32), int32),
];
const names = ["rows", "sum", "mean", "max", "different", "last"];
const columns = calls.map(({ type }, i) => ({
  name: names[i] as string,
  expression: column(`$${i}`, type),
}));
const output: FieldType[] = [
  { name: "key", type: utf8 },
  ...columns.map(({ name, expression }) => ({ name, type: expression.type })),
];

function operator(more: Partial<RunningAggregateSpec> = {}): Operator {
  return operatorOf(
    {
      kind: "runningAggregate",
      keys: ["key"],
      calls,
      columns,
      emit: "each-batch",
      retracts: false,
      ...more,
    },
    { input: { fields: inputFields }, output: { fields: output } },
  );
}

/** What should stand, in plain TypeScript. */
function modelOf(rows: readonly Given[]): OutputRow[] {
  return [...new Set(rows.map(({ key }) => key))].map((key) => {
    const own = rows.filter((row) => row.key === key);
    const values = own.map((row) => row.value).filter((v) => v !== null);
    const sum = values.reduce((total, v) => total + v, 0);
    const inOrder = own.toSorted((a, b) => a.time - b.time || a.n - b.n);
    const has = values.length > 0;
    return {
      key,
      rows: own.length,
      sum: has ? sum : null,
      mean: has ? sum / values.length : null,
      max: has ? Math.max(...values) : null,
      different: new Set(values).size,
      last: inOrder.at(-1)?.n ?? null,
    };
  });
}

function fed(running: Operator, batches: readonly RecordBatch[]): CollectedOutput {
  const out = collectOutput();
  for (const batch of batches) running.process(batch, out, 0);
  running.advanceWatermark(Infinity, out);
  return out;
}

/** The batch with its first columns only. */
function takeColumns(batch: RecordBatch, count: number): RecordBatch {
  const schema = new Schema(batch.schema.fields.slice(0, count));
  return makeBatch(schema, batch.data.children.slice(0, count), batch.numRows);
}

function given(key: string, n: number, more: Partial<Given> = {}): Given {
  return { key, n, value: n, time: n, ...more };
}

describe("a running aggregation", () => {
  test("takes the old row of a key back right before the new one, once per key and batch", () => {
    const batches = [
      [given("a", 1), given("b", 2), given("a", 3)],
      [given("a", 4), given("b", 5)],
    ];
    const { rows } = fed(operator(), batches.map(appended));
    expect(rows.map((row) => [row["key"], row["rows"], row["$time"], row["$weight"]])).toEqual([
      ["a", 2, 3, 1],
      ["b", 1, 2, 1],
      ["a", 2, 3, -1],
      ["a", 3, 4, 1],
      ["b", 1, 2, -1],
      ["b", 2, 5, 1],
    ]);
  });

  test("emits nothing where the result stays, and takes the row back with the time it came with", () => {
    const one = [call("max", value, int32)];
    const columnsOf = [{ name: "max", expression: column("$0", int32) }];
    const running = operatorOf(
      {
        kind: "runningAggregate",
        keys: ["key"],
        calls: one,
        columns: columnsOf,
        emit: "each-batch",
        retracts: false,
      },
      {
        input: { fields: inputFields },
        output: { fields: [output[0] as FieldType, { name: "max", type: int32 }] },
      },
    );
    const rows = [given("a", 5), given("a", 2, { time: 9 }), given("a", 7, { time: 3 })];
    const out = fed(
      running,
      rows.map((row) => appended([row])),
    );
    expect(out.rows).toEqual([
      { key: "a", max: 5, $time: 5, $weight: 1 },
      { key: "a", max: 5, $time: 5, $weight: -1 },
      { key: "a", max: 7, $time: 5, $weight: 1 },
    ]);
  });

  test("emits a change for each row where that is asked for", () => {
    const rows = [given("a", 1), given("a", 2), given("b", 3)];
    const out = fed(operator({ emit: "each-row" }), [appended(rows)]);
    expect(out.rows.map((row) => [row["key"], row["rows"], row["$weight"]])).toEqual([
      ["a", 1, 1],
      ["a", 1, -1],
      ["a", 2, 1],
      ["b", 1, 1],
    ]);
  });

  test("needs no event time, and then gives none", () => {
    const batch = appended([given("a", 1)]);
    const plain = takeColumns(batch, inputFields.length);
    const { rows } = fed(operator(), [plain]);
    expect(Object.keys(rows[0] ?? {})).toEqual([...output.map((field) => field.name), "$weight"]);
  });

  test("a key whose last row is taken back has no row, and leaves the state", () => {
    const row = given("a", 1);
    const running = operator({ retracts: true });
    const out = fed(running, [
      weighted([{ ...row, weight: 1 }]),
      weighted([{ ...row, weight: -1 }]),
    ]);
    expect(out.rows.map((change) => [change["rows"], change["$weight"]])).toEqual([
      [1, 1],
      [1, -1],
    ]);
    for (const table of running.state) table.takeDelta();
    for (const table of running.state) table.restored(0);
    expect(running.state[0]?.rowCount).toBe(0);
  });

  test("keys that come and go do not gather", () => {
    const running = operator({ retracts: true });
    const out = collectOutput();
    for (let from = 0; from < 20_000; from += 1_000) {
      const rows = Array.from({ length: 1_000 }, (_, i) => given(`k${from + i}`, 1));
      for (const weight of [1, -1]) {
        running.process(weighted(rows.map((row) => ({ ...row, weight }))), out, 0);
        for (const table of running.state) table.takeDelta();
      }
    }
    expect(foldChanges(out.rows)).toEqual([]);
    expect(running.state[0]?.rowCount).toBeLessThan(4_000);
  });

  test("gives what plain TypeScript gives, folded as a multiset or by key", () => {
    const law = fc.property(appends, fc.constantFrom("each-batch", "each-row"), (batches, emit) => {
      const { rows } = fed(operator({ emit }), batches.map(appended));
      const expected = modelOf(batches.flat());
      expectSameRows(foldChanges(rows), expected, 1e-9);
      expectSameRows(foldByKey(rows, ["key"]), expected, 1e-9);
    });
    fc.assert(law, { seed: 1, numRuns: 200 });
  });

  test("gives what plain TypeScript gives where rows are taken back", () => {
    const law = fc.property(updates, (batches) => {
      const { rows } = fed(operator({ retracts: true }), batches.map(weighted));
      const expected = modelOf(standingOf(batches.flat()));
      expectSameRows(foldChanges(rows), expected, 1e-9);
      expectSameRows(foldByKey(rows, ["key"]), expected, 1e-9);
    });
    fc.assert(law, { seed: 1, numRuns: 300 });
  });

  test("at most one row of a key stands after each batch", () => {
    const law = fc.property(updates, (batches) => {
      const running = operator({ retracts: true });
      const out = collectOutput();
      for (const batch of batches) {
        running.process(weighted(batch), out, 0);
        const keys = foldChanges(out.rows).map((row) => row["key"]);
        expect(new Set(keys).size).toBe(keys.length);
      }
    });
    fc.assert(law, { seed: 1, numRuns: 50 });
  });
});

describe("a running aggregation that forgets keys", () => {
  const forgetAfterMs = 6;

  /** The rows of each key, cut where one comes so long after the one before. */
  function livesOf(rows: readonly Given[]): Given[] {
    const last = new Map<string, { time: number; life: number }>();
    return rows
      .toSorted((a, b) => a.time - b.time || a.n - b.n)
      .map((row) => {
        const before = last.get(row.key) ?? { time: -Infinity, life: 0 };
        const isAnew = row.time >= before.time + forgetAfterMs;
        const life = before.life + (isAnew ? 1 : 0);
        last.set(row.key, { time: row.time, life });
        return { ...row, key: `${row.key} ${life}` };
      });
  }

  const ahead = appends.map((batches) =>
    batches.map((rows, i) => rows.map((row) => ({ ...row, time: i * 7 + row.time }))),
  );

  test("a key starts anew so long after its last row, and its old row stays", () => {
    const running = operator({ forgetAfterMs });
    const out = collectOutput();
    running.process(appended([given("a", 1), given("a", 6), given("a", 12)]), out, 0);
    expect(out.rows).toEqual([]);
    running.advanceWatermark(7, out);
    running.advanceWatermark(13, out);
    expect(out.rows.map((row) => [row["rows"], row["$time"], row["$weight"]])).toEqual([
      [2, 6, 1],
      [1, 12, 1],
    ]);
  });

  test("gives what plain TypeScript gives for each life of a key", () => {
    const law = fc.property(ahead, (batches) => {
      const running = operator({ forgetAfterMs });
      const out = collectOutput();
      for (const [i, batch] of batches.entries()) {
        running.process(appended(batch), out, 0);
        running.advanceWatermark((i + 1) * 7, out);
      }
      running.advanceWatermark(Infinity, out);
      const expected = modelOf(livesOf(batches.flat()));
      const rows = expected.map(({ key, ...row }) => ({ key: String(key).split(" ")[0], ...row }));
      expectSameRows(foldChanges(out.rows), rows, 1e-9);
    });
    fc.assert(law, { seed: 1, numRuns: 200 });
  });

  test("keys that are forgotten leave the state", () => {
    const running = operator({ forgetAfterMs });
    const out = collectOutput();
    for (let from = 0; from < 20_000; from += 500) {
      const rows = Array.from({ length: 500 }, (_, i) => given(`k${from + i}`, from + i));
      running.process(appended(rows), out, 0);
      running.advanceWatermark(from + 500, out);
      for (const table of running.state) table.takeDelta();
    }
    expect(foldChanges(out.rows)).toHaveLength(20_000);
    expect(running.state[1]?.rowCount).toBeLessThan(3_000);
  });

  operatorLaws({
    name: "a running aggregation that forgets keys",
    create: () => operator({ forgetAfterMs }),
    segments: ahead.map((batches) =>
      batches.map((rows, i) => ({ rows: appended(rows), watermark: (i + 1) * 7 })),
    ),
    takeRows,
  });
});

operatorLaws({
  name: "a running aggregation",
  create: () => operator(),
  segments: appends.map((batches) =>
    batches.map((rows, i) => ({ rows: appended(rows), watermark: i })),
  ),
  takeRows,
});

operatorLaws({
  name: "a running aggregation that takes rows back",
  create: () => operator({ retracts: true }),
  segments: updates.map((batches) =>
    batches.map((rows, i) => ({ rows: weighted(rows), watermark: i })),
  ),
  takeRows,
  // A row comes before it is taken back: edges keep the order of the task that emits it.
  isPermutable: false,
});
