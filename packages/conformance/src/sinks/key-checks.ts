import { t } from "@millrace/core";
import type { RecordBatch } from "apache-arrow";
import { expect } from "vitest";
import { readings, readingsTable } from "./readings.ts";
import { batchOf, type SinkCheck, type SinkFixture, type SinkTable, token } from "./sink-store.ts";

type Change = readonly [id: number, name: string | null, weight: number];

const Changed = t.row({ id: t.int32(), name: t.utf8().nullable(), $weight: t.int32() });

function keyedTable(fixture: SinkFixture, ...key: string[]): SinkTable {
  return readingsTable(fixture, { key });
}

function rows(...readingsOf: (readonly [id: number, name: string | null])[]): RecordBatch {
  const plain = readingsOf.map(([id, name]) => ({ id, name }));
  return batchOf({ name: "", schema: readingsSchema }, plain);
}

const readingsSchema = t.row({ id: t.int32(), name: t.utf8().nullable() }).schema;

function changes(...all: Change[]): RecordBatch {
  const plain = all.map(([id, name, $weight]) => ({ id, name, $weight }));
  return batchOf({ name: "", schema: Changed.schema }, plain);
}

const first = { partition: 0, expected: undefined };

/** Sinks with a key: rows replace and delete each other. */
export const keyChecks: Readonly<Record<string, SinkCheck>> = {
  "with a key the last row of a key replaces the earlier ones": async (f) => {
    const table = keyedTable(f, "id");
    const sink = await f.open(table);
    await sink.write({ ...first, rows: readings(1, 2), next: token(2) });
    const later = [rows([1, "older"], [1, "newer"]), rows([3, "third"], [3, null])];
    await sink.write({ partition: 0, rows: later, expected: token(2), next: token(6) });
    expect(await f.read(table)).toEqual([
      { id: 1, name: "newer" },
      { id: 2, name: null },
      { id: 3, name: null },
    ]);
  },
  "of changes the last one of a key counts: it replaces the row or deletes it": async (f) => {
    const table = keyedTable(f, "id");
    const sink = await f.open(table);
    const before = [changes([1, "a", 1], [2, "b", 1], [3, "c", 1], [3, "c", -1])];
    await sink.write({ ...first, rows: before, next: token(1) });
    const later = [
      changes([1, "a", -1], [1, "A", 1]),
      changes([2, "b", -1], [4, null, 1], [5, "never there", -1]),
    ];
    await sink.write({ partition: 0, rows: later, expected: token(1), next: token(2) });
    expect(await f.read(table)).toEqual([
      { id: 1, name: "A" },
      { id: 4, name: null },
    ]);
  },
  "a null in the key is a key": async (f) => {
    const table = keyedTable(f, "name");
    const sink = await f.open(table);
    await sink.write({ ...first, rows: [changes([1, null, 1])], next: token(1) });
    const later = [changes([1, null, -1], [2, null, 1], [3, "c", 1])];
    await sink.write({ partition: 0, rows: later, expected: token(1), next: token(2) });
    expect(await f.read(table)).toEqual([
      { id: 2, name: null },
      { id: 3, name: "c" },
    ]);
  },
  "a key may have several columns": async (f) => {
    const table = keyedTable(f, "id", "name");
    const sink = await f.open(table);
    const before = [changes([1, "a", 1], [1, "b", 1], [1, null, 1])];
    await sink.write({ ...first, rows: before, next: token(1) });
    const later = [changes([1, "b", -1], [1, null, -1], [2, "a", 1])];
    await sink.write({ partition: 0, rows: later, expected: token(1), next: token(2) });
    expect(await f.read(table)).toEqual([
      { id: 1, name: "a" },
      { id: 2, name: "a" },
    ]);
  },
  "a fenced writer of changes changes nothing": async (f) => {
    const table = keyedTable(f, "id");
    const sink = await f.open(table);
    await sink.write({ ...first, rows: [changes([1, "a", 1])], next: token(1) });
    const late = sink.write({
      partition: 0,
      rows: [changes([1, "a", -1])],
      expected: token(7),
      next: token(8),
    });
    await expect(late).rejects.toMatchObject({ code: "SINK_FENCED" });
    expect(await f.read(table)).toEqual([{ id: 1, name: "a" }]);
  },
};
