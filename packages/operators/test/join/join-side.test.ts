import { columnOf } from "@millrace/columnar";
import { type FieldType, timeField } from "@millrace/core";
import { describe, expect, test } from "vitest";
import { JoinKeys } from "../../src/join/join-keys.ts";
import { JoinSide, lineageFields } from "../../src/join/join-side.ts";
import { batchOf, int32, utf8 } from "../fixtures.ts";

const fields: readonly FieldType[] = [
  { name: "key", type: utf8 },
  { name: "n", type: int32 },
];

function sideOf(rowsMax?: number): { side: JoinSide; keys: JoinKeys } {
  const keys = new JoinKeys(fields.slice(0, 1), "orders");
  const side = new JoinSide({
    name: "left",
    schema: { fields },
    joinKeys: keys,
    isOptional: false,
    keeps: ["times"],
    untilOf: (time) => time + 10,
    isUpdating: false,
    keepsLineage: true,
    operatorId: "orders",
    onRestored: () => undefined,
    ...(rowsMax === undefined ? {} : { rowsMax }),
  });
  return { side, keys };
}

describe("JoinSide", () => {
  test("refuses more rows than its limit, but not for rows that it has forgotten", () => {
    const { side, keys } = sideOf(3);
    const add = (time: number): number => {
      const batch = batchOf(
        [...fields, timeField],
        [
          { key: "a", n: 1, $time: time },
          { key: "b", n: 2, $time: time },
        ],
      );
      return side.add({ batch, keys: keys.of(batch), times: Float64Array.of(time, time) });
    };
    add(0);
    expect(() => add(1)).toThrow(expect.objectContaining({ code: "RUN_JOIN_TOO_LARGE" }));
    side.expire(20);
    add(21);
    expect(side.rowCount).toBe(2);
  });

  test("takes rows with lineage after rows without", () => {
    const { side, keys } = sideOf();
    const plain = batchOf(fields, [{ key: "a", n: 1 }]);
    const traced = batchOf(
      [...fields, ...lineageFields],
      [{ key: "a", n: 2, $source: 1, $partition: 2, $offset: 3, $index: 4 }],
    );
    for (const batch of [plain, traced]) {
      side.add({ batch, keys: keys.of(batch), times: undefined });
    }
    expect([...(columnOf(side.batch, "$index").values as Int32Array).subarray(0, 3)]).toEqual([
      0, 0, 4,
    ]);
  });
});
