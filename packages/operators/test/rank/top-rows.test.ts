import { takeRows } from "@millrace/columnar";
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
import type { TopRowsSpec } from "@millrace/plan";
import type { RecordBatch } from "apache-arrow";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { batchOf, column, int32, operatorOf, timeField, timestamp, utf8 } from "../fixtures.ts";
import {
  appended,
  appends,
  type Given,
  inputFields,
  standingOf,
  updates,
  weighted,
} from "../updating/weighted-rows.ts";

const rankField: FieldType = { name: "place", type: { kind: "int32", nullable: false } };
const byValue = [{ expression: column("value", int32), isDescending: true }];

type Choice = Partial<TopRowsSpec>;

function specOf(more: Choice): TopRowsSpec {
  return {
    kind: "topRows",
    keys: ["key"],
    orderBy: byValue,
    tieOrder: "first",
    rankKind: "rowNumber",
    n: 2,
    retracts: false,
    ...more,
  };
}

function topRows(more: Choice = {}, input: readonly FieldType[] = inputFields): Operator {
  const fields = more.rankColumn === undefined ? input : [...input, rankField];
  return operatorOf(specOf(more), { input: { fields: input }, output: { fields } });
}

/** Nulls last, greatest first. */
function compareValues(a: Given, b: Given): number {
  if (a.value === null || b.value === null)
    return Number(a.value === null) - Number(b.value === null);
  return b.value - a.value;
}

function compareTies(a: Given, b: Given, { retracts, tieOrder }: TopRowsSpec): number {
  const byEvents = (a.time - b.time || a.n - b.n) * (tieOrder === "first" ? 1 : -1);
  return retracts ? a.n - b.n : byEvents;
}

/** What should stand, in plain TypeScript: numbers by counting. */
function modelOf(rows: readonly Given[], more: Choice): OutputRow[] {
  const spec = specOf(more);
  const order = (a: Given, b: Given): number =>
    (spec.orderBy.length > 0 ? compareValues(a, b) : 0) || compareTies(a, b, spec);
  return [...new Set(rows.map(({ key }) => key))].flatMap((key) => {
    const own = rows.filter((row) => row.key === key).sort(order);
    return own.flatMap((row, i) => {
      const better = own.filter((other) => compareValues(other, row) < 0);
      const number =
        spec.rankKind === "rowNumber"
          ? i + 1
          : spec.rankKind === "rank"
            ? better.length + 1
            : new Set(better.map((other) => other.value)).size + 1;
      const { value, n } = row;
      const place = spec.rankColumn === undefined ? {} : { place: number };
      return number <= spec.n ? [{ key, value, n, ...place }] : [];
    });
  });
}

function fed(operator: Operator, batches: readonly RecordBatch[]): CollectedOutput {
  const out = collectOutput();
  for (const batch of batches) operator.process(batch, out, 0);
  operator.advanceWatermark(Infinity, out);
  return out;
}

function given(key: string, value: number | null, n: number): Given {
  return { key, value, n, time: n };
}

const choices: readonly [name: string, choice: Choice][] = [
  ["the first row", { n: 1 }],
  ["the first two rows", { n: 2 }],
  ["the first three rows with their numbers", { n: 3, rankColumn: "place" }],
  ["the first row and its equals", { n: 1, rankKind: "rank" }],
  ["ranks up to two", { n: 2, rankKind: "rank", rankColumn: "place" }],
  ["dense ranks up to two", { n: 2, rankKind: "denseRank", rankColumn: "place" }],
];

describe("first rows of a key", () => {
  test("a row that is overtaken is taken back right before the one that overtakes it", () => {
    const batches = [[given("a", 1, 1)], [given("a", 0, 2)], [given("a", 3, 3), given("b", 1, 4)]];
    const { rows } = fed(topRows({ n: 1 }), batches.map(appended));
    expect(rows.map((row) => [row["key"], row["value"], row["$time"], row["$weight"]])).toEqual([
      ["a", 1, 1, 1],
      ["a", 1, 1, -1],
      ["a", 3, 3, 1],
      ["b", 1, 4, 1],
    ]);
  });

  test("with numbers, each place changes by itself", () => {
    const batches = [[given("a", 3, 1), given("a", 1, 2)], [given("a", 2, 3)]];
    const { rows } = fed(topRows({ n: 3, rankColumn: "place" }), batches.map(appended));
    expect(rows.slice(2).map((row) => [row["place"], row["n"], row["$weight"]])).toEqual([
      [2, 2, -1],
      [2, 3, 1],
      [3, 2, 1],
    ]);
  });

  test("the last row of a key by event order, however rows come", () => {
    const rows = [given("a", 1, 5), given("a", 2, 9), given("a", 3, 7), given("b", 4, 1)];
    const operator = topRows({ n: 1, orderBy: [], tieOrder: "last" });
    const batches = rows.map((row) => appended([row]));
    expect(foldChanges(fed(operator, batches).rows).map((row) => row["n"])).toEqual([9, 1]);
  });

  test("keeps n rows of each key, however many come", () => {
    const operator = topRows({ n: 3 });
    const out = collectOutput();
    for (let from = 0; from < 20_000; from += 500) {
      const rows = Array.from({ length: 500 }, (_, i) => given("a", from + i, from + i));
      operator.process(appended(rows), out, 0);
      for (const table of operator.state) table.takeDelta();
    }
    expect(operator.state[0]?.rowCount).toBe(3);
    expect(operator.state[0]?.sizeBytes).toBeLessThan(600_000);
    expect(foldChanges(out.rows)).toHaveLength(3);
  });

  test("orders by text and by several terms", () => {
    const orderBy = [
      { expression: column("key", utf8), isDescending: true },
      { expression: column("value", int32), isDescending: false },
    ];
    const input = [...inputFields, { name: "all", type: int32 }];
    const rows = [given("a", 1, 1), given("b", 2, 2), given("b", 1, 3), given("c", null, 4)];
    const batch = batchOf(
      [...input, timeField],
      rows.map((row) => ({ ...row, all: 0, $time: row.time })),
    );
    const operator = topRows({ keys: ["all"], n: 3, orderBy, rankColumn: "place" }, input);
    const standing = foldChanges(fed(operator, [batch]).rows);
    expect(standing.map((row) => [row["place"], row["n"]])).toEqual([
      [1, 4],
      [2, 3],
      [3, 2],
    ]);
  });

  test.each(choices)("%s: as plain TypeScript, where rows stay", (_, choice) => {
    const law = fc.property(appends, (batches) => {
      const { rows } = fed(topRows(choice), batches.map(appended));
      expectSameRows(foldChanges(rows), modelOf(batches.flat(), choice), 1e-9);
    });
    fc.assert(law, { seed: 1, numRuns: 100 });
  });

  test.each(choices)("%s: as plain TypeScript, where rows are taken back", (_, choice) => {
    const law = fc.property(updates, (batches) => {
      const { rows } = fed(topRows({ ...choice, retracts: true }), batches.map(weighted));
      const standing = standingOf(batches.flat());
      expectSameRows(foldChanges(rows), modelOf(standing, { ...choice, retracts: true }), 1e-9);
    });
    fc.assert(law, { seed: 1, numRuns: 150 });
  });

  test("what stands by key and number is what a store has that replaces by them", () => {
    const choice = { n: 3, rankColumn: "place", retracts: true } as const;
    const law = fc.property(updates, (batches) => {
      const { rows } = fed(topRows(choice), batches.map(weighted));
      expectSameRows(foldByKey(rows, ["key", "place"]), foldChanges(rows), 1e-9);
    });
    fc.assert(law, { seed: 1, numRuns: 100 });
  });
});

describe("a row per key before a store", () => {
  const materialize: Choice = { orderBy: [], n: 1, retracts: true };

  test("a row may take a key before the other one gives it up", () => {
    const old = given("a", 1, 1);
    const fresh = given("a", 2, 2);
    const changes = [
      { ...old, weight: 1 },
      { ...fresh, weight: 1 },
      { ...old, weight: -1 },
    ];
    const { rows } = fed(
      topRows(materialize),
      changes.map((change) => weighted([change])),
    );
    expect(foldByKey(rows, ["key"])).toEqual([{ key: "a", value: 2, n: 2 }]);
    expect(foldChanges(rows)).toEqual([{ key: "a", value: 2, n: 2 }]);
  });

  test("a row may be taken back before it comes", () => {
    const row = given("a", 1, 1);
    const changes = [-1, 1, 1].map((weight) => weighted([{ ...row, weight }]));
    const { rows } = fed(topRows(materialize), changes);
    expect(foldChanges(rows)).toEqual([{ key: "a", value: 1, n: 1 }]);
  });

  test("of several rows that stand the least by its columns is there", () => {
    const rows = [given("a", 2, 1), given("a", 1, 5), given("a", 1, 4), given("a", null, 0)];
    const batch = weighted(rows.map((row) => ({ ...row, weight: 1 })));
    expect(foldChanges(fed(topRows(materialize), [batch]).rows)).toEqual([
      { key: "a", value: 1, n: 4 },
    ]);
  });
});

describe("first rows of a window", () => {
  const input: readonly FieldType[] = [...inputFields, { name: "windowEnd", type: timestamp }];
  const choice: Choice = { keys: ["windowEnd"], completeAt: "windowEnd", n: 1, rankKind: "rank" };

  function inWindows(rows: readonly Given[], size: number, watermark?: number): RecordBatch {
    const hidden =
      watermark === undefined
        ? []
        : [{ name: "$watermark", type: { kind: "int64", as: "number", nullable: true } } as const];
    const full = rows.map((row) => {
      const windowEnd = (Math.floor(row.time / size) + 1) * size;
      return { ...row, windowEnd, $time: row.time, $watermark: watermark };
    });
    return batchOf([...input, timeField, ...hidden], full);
  }

  test("come out once, when the watermark has reached its end, with their equals", () => {
    const operator = topRows(choice, input);
    const out = collectOutput();
    const rows = [given("a", 1, 1), given("b", 2, 2), given("c", 2, 3), given("d", 0, 12)];
    operator.process(inWindows(rows, 10), out, 0);
    operator.advanceWatermark(9, out);
    expect(out.rows).toEqual([]);
    operator.advanceWatermark(10, out);
    expect(out.rows.map((row) => [row["key"], row["windowEnd"], row["$time"]])).toEqual([
      ["b", 10, 9],
      ["c", 10, 9],
    ]);
    expect(out.rows.every((row) => !("$weight" in row))).toBe(true);
    expect(operator.state[0]?.rowCount).toBe(1);
  });

  test("a row whose own watermark had reached its window's end is late", () => {
    const operator = topRows(choice, input);
    const out = collectOutput();
    operator.process(inWindows([given("a", 1, 1)], 10, 9), out, 0);
    operator.process(inWindows([given("b", 1, 2)], 10, 10), out, 0);
    operator.advanceWatermark(Infinity, out);
    expect(operator.counts).toMatchObject({ rowsIn: 2, accepted: 1, late: 1, rowsOut: 1 });
    expect(out.late.map((row) => row["key"])).toEqual(["b"]);
  });

  const segments = appends.map((batches) =>
    batches.map((rows, i) => {
      const ahead = rows.map((row) => ({ ...row, time: i * 7 + row.time }));
      return { rows: inWindows(ahead, 10), watermark: (i + 1) * 7 };
    }),
  );

  operatorLaws({
    name: "first rows of a window",
    create: () => topRows({ ...choice, rankColumn: "place" }, input),
    segments,
    takeRows,
  });
});

describe("the last row of a key that is forgotten", () => {
  const forgetAfterMs = 6;
  const choice: Choice = { n: 1, orderBy: [], tieOrder: "last", forgetAfterMs };
  const ahead = appends.map((batches) =>
    batches.map((rows, i) => rows.map((row) => ({ ...row, time: i * 7 + row.time }))),
  );

  /** The last rows before each gap, in plain TypeScript. */
  function lastRows(rows: readonly Given[]): OutputRow[] {
    const inOrder = rows.toSorted((a, b) => a.time - b.time || a.n - b.n);
    const isLast = (row: Given, i: number): boolean => {
      const next = inOrder.slice(i + 1).find((other) => other.key === row.key);
      return next === undefined || next.time >= row.time + forgetAfterMs;
    };
    return inOrder.filter(isLast).map(({ key, value, n }) => ({ key, value, n }));
  }

  test("stays, and the next row of the key takes nothing back", () => {
    const law = fc.property(ahead, (batches) => {
      const operator = topRows(choice);
      const out = collectOutput();
      for (const [i, batch] of batches.entries()) {
        operator.process(appended(batch), out, 0);
        operator.advanceWatermark((i + 1) * 7, out);
      }
      operator.advanceWatermark(Infinity, out);
      expectSameRows(foldChanges(out.rows), lastRows(batches.flat()), 1e-9);
    });
    fc.assert(law, { seed: 1, numRuns: 200 });
  });

  test("leaves the state", () => {
    const operator = topRows(choice);
    const out = collectOutput();
    for (let from = 0; from < 20_000; from += 500) {
      const rows = Array.from({ length: 500 }, (_, i) => given(`k${from + i}`, i, from + i));
      operator.process(appended(rows), out, 0);
      operator.advanceWatermark(from + 500, out);
    }
    expect(foldChanges(out.rows)).toHaveLength(20_000);
    expect(operator.state[1]?.rowCount).toBeLessThan(3_000);
  });

  operatorLaws({
    name: "the last row of a key that is forgotten",
    create: () => topRows(choice),
    segments: ahead.map((batches) =>
      batches.map((rows, i) => ({ rows: appended(rows), watermark: (i + 1) * 7 })),
    ),
    takeRows,
  });
});

for (const [name, choice] of choices) {
  operatorLaws({
    name: `${name} where rows stay`,
    create: () => topRows(choice),
    segments: appends.map((batches) =>
      batches.map((rows, i) => ({ rows: appended(rows), watermark: i })),
    ),
    takeRows,
    runs: 30,
  });

  operatorLaws({
    name: `${name} where rows are taken back`,
    create: () => topRows({ ...choice, retracts: true }),
    segments: updates.map((batches) =>
      batches.map((rows, i) => ({ rows: weighted(rows), watermark: i })),
    ),
    takeRows,
    runs: 30,
  });
}
