import { batchToRows } from "@millrace/columnar";
import { t } from "@millrace/core";
import { csv, recordFormat } from "@millrace/formats";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodedOnce, rangesOf, recordsOf } from "../record-ranges.ts";

const Row = t.row({ text: t.utf8(), count: t.int32().nullable() });
const { schema } = Row;
const format = recordFormat(csv(Row, { delimiter: ";" }));
const decoder = () =>
  format.recordDecoder({ schema, columns: ["text", "count"], validators: new Map() });

function decoded(records: readonly string[], gap = 0) {
  const ranges = rangesOf(
    records.map((record) => Buffer.from(record, "latin1")),
    gap,
  );
  const { rows, ...rest } = decoder().decode(ranges);
  return { rows: batchToRows(schema, rows), ...rest };
}

describe("CSV records", () => {
  it("reads what it writes", () => {
    const text = fc.string({ unit: fc.constantFrom(...'ab";,\r\n é😀'), maxLength: 8 });
    const row = fc.record({ text, count: fc.option(fc.integer()) });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 5 }), fc.nat(3), (rows, gap) => {
        const good = rows.map((r) => ({ ...r }));
        const lines = good.map((r) => JSON.stringify(r));
        const { rows: batch } = recordFormat({ format: "json", options: {} })
          .recordDecoder({ schema, columns: ["text", "count"], validators: new Map() })
          .decode(rangesOf(lines.map((line) => Buffer.from(line))));
        const written = recordsOf(format.recordEncoder(schema).encode(batch));
        const back = decodedOnce(decoder(), rangesOf(written, gap));
        expect(batchToRows(schema, back.rows)).toEqual(good);
      }),
      { seed: 3, numRuns: 500 },
    );
  });

  it("takes a record with and without its line end, and a whole one only", () => {
    const result = decoded(["a;1", "b;2\n", "c;3\r\n", "d;4\ne;5", "", '"f;6', "g", "\xff;7"]);
    expect(result.rows).toEqual([
      { text: "a", count: 1 },
      { text: "b", count: 2 },
      { text: "c", count: 3 },
    ]);
    expect(result.badRecords.map((bad) => [bad.index, bad.reason])).toEqual([
      [3, "Not valid CSV: a record of more than one line."],
      [4, "Not valid CSV: an empty record."],
      [5, "Not valid CSV: a quote is not closed."],
      [6, "Not valid CSV: 1 fields instead of 2."],
      [7, "Not valid CSV: not UTF-8."],
    ]);
    expect(result.badRecords.at(-1)).toMatchObject({ raw: "/zs3", rawEncoding: "base64" });
  });

  it("ends each record where its range does", () => {
    expect(decoded(['"a";1', '"";2', "c;3"], 0).rows).toEqual([
      { text: "a", count: 1 },
      { text: "", count: 2 },
      { text: "c", count: 3 },
    ]);
  });
});
