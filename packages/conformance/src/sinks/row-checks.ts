import { sliceRows } from "@millrace/columnar";
import { isHiddenColumn, t } from "@millrace/core";
import { expect } from "vitest";
import { everyType, everyTypeRows } from "./every-type.ts";
import { readingRows, readings, readingsTable } from "./readings.ts";
import { batchOf, type SinkCheck, type SinkTable, token } from "./sink-store.ts";

const first = { partition: 0, expected: undefined };

/** What is written stands in the store as it was. */
export const rowChecks: Readonly<Record<string, SinkCheck>> = {
  "every type comes back as it was, from batches cut anywhere": async (f) => {
    const table: SinkTable = { name: f.name, schema: everyType };
    const rows = everyTypeRows(120);
    const whole = batchOf(table, rows);
    const sink = await f.open(table);
    const cuts = [sliceRows(whole, 0, 3), sliceRows(whole, 3, 70), sliceRows(whole, 70, 120)];
    await sink.write({ ...first, rows: cuts, next: token(120) });
    expect(await f.read(table)).toEqual(rows);
  },
  "a text that begins with a byte order mark keeps it": async (f) => {
    const table = readingsTable(f);
    const rows = [{ id: 1, name: "\uFEFFmark" }];
    const sink = await f.open(table);
    await sink.write({ ...first, rows: [batchOf(table, rows)], next: token(1) });
    expect(await f.read(table)).toEqual(rows);
  },
  "batches without rows are as good as none": async (f) => {
    const table = readingsTable(f);
    const sink = await f.open(table);
    const rows = [...readings(), ...readings(1), ...readings(), ...readings(2)];
    await sink.write({ ...first, rows, next: token(2) });
    expect(await f.read(table)).toEqual(readingRows(1, 2));
  },
  "many rows of one write are all there": async (f) => {
    const table = readingsTable(f);
    const sink = await f.open(table);
    const ids = Array.from({ length: 50_000 }, (_, id) => id);
    await sink.write({ ...first, rows: readings(...ids), next: token(ids.length) });
    const read = (await f.read(table)) as { id: number }[];
    expect(read).toHaveLength(ids.length);
    expect(read.every((row, index) => row.id === index)).toBe(true);
  },
  "hidden columns are not written": async (f) => {
    const Hidden = t.row({ id: t.int32(), $time: t.int64() });
    const table: SinkTable = { name: f.name, schema: Hidden.schema };
    const sink = await f.open(table);
    await sink.write({ ...first, rows: [batchOf(table, [{ id: 1, $time: 5 }])], next: token(1) });
    const fields = table.schema.fields.filter((field) => !isHiddenColumn(field.name));
    expect(await f.read({ ...table, schema: { fields } })).toEqual([{ id: 1 }]);
  },
};
