import { rowsOf } from "@millrace/conformance";
import type { FieldType } from "@millrace/core";
import { describe, expect, test } from "vitest";
import { RowBuffer } from "../../src/series/row-buffer.ts";
import { batchOf, lineageFields, timeField, utf8 } from "../fixtures.ts";

const fields: FieldType[] = [{ name: "key", type: utf8 }, timeField];
const row = ($time: number, more: object = {}) => ({ key: "a", $time, ...more });

describe("a row buffer", () => {
  test("gives one batch that is in order as it came", () => {
    const buffer = new RowBuffer(["key"]);
    const batch = batchOf(fields, [row(1), row(1), row(2)]);
    buffer.add(batch);
    expect(buffer.takeBefore(3)).toBe(batch);
    expect(buffer.rowCount).toBe(0);
  });

  test("orders rows of one time by source, partition and offset", () => {
    const buffer = new RowBuffer(["key"]);
    const place = (partition: number, offset: number) => ({
      $source: 0,
      $partition: partition,
      $offset: offset,
    });
    buffer.add(batchOf([...fields, ...lineageFields], [row(1, place(1, 0)), row(1, place(0, 9))]));
    buffer.add(batchOf([...fields, ...lineageFields], [row(1, place(0, 8)), row(0, place(2, 1))]));
    const taken = buffer.takeBefore(2);
    expect(taken && rowsOf(taken).map((r) => [r["$partition"], r["$offset"]])).toEqual([
      [2, 1],
      [0, 8],
      [0, 9],
      [1, 0],
    ]);
  });

  test("keeps rows that the watermark has not passed", () => {
    const buffer = new RowBuffer(["key"]);
    buffer.add(batchOf(fields, [row(5), row(1)]));
    expect(buffer.takeBefore(5)?.numRows).toBe(1);
    expect(buffer.takeBefore(5)).toBeUndefined();
    expect(buffer.rowCount).toBe(1);
  });

  test("drops restored rows that the watermark had passed, and repeats of others", () => {
    const before = new RowBuffer(["key"]);
    before.add(batchOf(fields, [row(5), row(1)]));
    const [delta] = before.takeDelta();
    if (delta === undefined) throw new Error("there is a delta");
    const after = new RowBuffer(["key"]);
    after.restore(delta);
    after.restore(delta);
    after.restored(5);
    expect(after.rowCount).toBe(1);
    expect(after.takeDelta()).toEqual([]);
  });
});
