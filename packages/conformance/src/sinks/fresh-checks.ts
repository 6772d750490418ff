import { expect } from "vitest";
import { readingRows, readings, readingsTable } from "./readings.ts";
import { type SinkCheck, token } from "./sink-store.ts";

/** What a fresh start leaves of earlier generations. */
export const freshChecks: Readonly<Record<string, SinkCheck>> = {
  "a fresh start with replace removes rows and tokens, as often as it is repeated": async (f) => {
    const table = readingsTable(f);
    const first = { partition: 0, expected: undefined };
    const sink = await f.open(table);
    await sink.write({ ...first, rows: readings(1), next: token(1) });
    await sink.write({ ...first, partition: 1, rows: readings(2), next: token(1) });
    const fresh = await f.open(table, 2);
    await fresh.startAfresh();
    await fresh.startAfresh();
    expect(await fresh.readToken(0)).toBeUndefined();
    expect(await fresh.readToken(1)).toBeUndefined();
    expect(await f.read(table)).toEqual([]);
    await fresh.write({ ...first, rows: readings(3), next: token(1, 2) });
    expect(await f.read(table)).toEqual(readingRows(3));
  },
  "a fresh start with append keeps rows and tokens": async (f) => {
    const table = readingsTable(f, { whenFresh: "append" });
    const sink = await f.open(table);
    await sink.write({ partition: 0, expected: undefined, rows: readings(1), next: token(1) });
    await sink.startAfresh();
    expect(await sink.readToken(0)).toEqual(token(1));
    await sink.write({ partition: 0, rows: readings(2), expected: token(1), next: token(1, 2) });
    expect(await f.read(table)).toEqual(readingRows(1, 2));
  },
  "a fresh start leaves an empty table where there was none": async (f) => {
    const table = readingsTable(f);
    await (await f.open(table)).startAfresh();
    expect(await f.read(table)).toEqual([]);
  },
};
