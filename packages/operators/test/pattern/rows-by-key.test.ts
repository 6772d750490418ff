import fc from "fast-check";
import { expect, test } from "vitest";
import { rowsByKey } from "../../src/pattern/rows-by-key.ts";

test("rows of a key follow each other in their order, with few keys and with many", () => {
  const law = fc.property(
    fc.array(fc.nat({ max: 6 })),
    fc.constantFrom(7, 10_000),
    (keys, count) => {
      const order = rowsByKey(Int32Array.from(keys), count);
      const expected = keys.map((_, i) => i).sort((a, b) => keys[a]! - keys[b]! || a - b);
      expect([...order]).toEqual(expected);
    },
  );
  fc.assert(law, { seed: 5, numRuns: 100 });
});
