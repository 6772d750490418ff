import fc from "fast-check";
import { expect, test } from "vitest";
import { CellTable } from "../../src/aggregate/cell-table.ts";

const additions = fc.array(
  fc.tuple(fc.nat({ max: 4 }), fc.integer({ min: -80_000, max: 80_000 }), fc.integer()),
  { maxLength: 200, size: "max" },
);

test("a cell table sums by group and cell, and sorts those above zero", () => {
  const law = fc.property(additions, (all) => {
    const table = new CellTable();
    const model = new Map<string, number>();
    for (const [group, cell, amount] of all) {
      const small = amount % 1000;
      table.add(group, cell, small);
      model.set(`${group}/${cell}`, (model.get(`${group}/${cell}`) ?? 0) + small);
    }
    const { start, cells, values } = table.sorted(5);
    const found: [string, number][] = [];
    for (let group = 0; group < 5; group += 1) {
      for (let at = start[group] as number; at < (start[group + 1] as number); at += 1) {
        found.push([`${group}/${cells[at]}`, values[at] as number]);
      }
      const own = cells.subarray(start[group], start[group + 1]);
      expect(own).toEqual(own.slice().sort());
    }
    expect(new Map(found)).toEqual(new Map([...model].filter(([, value]) => value > 0)));
    expect(table.size).toBe(model.size);
  });
  fc.assert(law, { seed: 1, numRuns: 50 });
});

test("a cell table gives each changed cell once", () => {
  const table = new CellTable();
  for (let cell = 0; cell < 100; cell += 1) table.add(0, cell, 1);
  table.add(0, 7, 1);
  expect(table.takeChanged()).toHaveLength(100);
  table.add(0, 7, 1);
  const changed = table.takeChanged();
  expect(changed.map((entry) => [table.cellOf(entry), table.valueOf(entry)])).toEqual([[7, 3]]);
});
