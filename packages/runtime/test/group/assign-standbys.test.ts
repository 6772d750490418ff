import fc from "fast-check";
import { expect, test } from "vitest";
import { type Candidate, dealPartitions } from "../../src/run/group/assign-standbys.ts";

const partitions = 4;

function member(id: string, parts: Partial<Omit<Candidate, "id">> = {}): Candidate {
  return { id, had: parts.held ?? [], held: [], warm: [], ...parts };
}

test("a partition stays where it is until its new member has a warm copy", () => {
  const [first, second] = [member("a", { held: [0, 1, 2, 3] }), member("b")];
  const deals = dealPartitions([first, second], partitions, 1);
  expect(deals.get("a")).toEqual({ partitions: [0, 1, 2, 3], standbys: [], awaited: [] });
  expect(deals.get("b")).toMatchObject({ partitions: [], awaited: [2, 3] });
  expect(deals.get("b")?.standbys.toSorted()).toEqual([0, 1, 2, 3]);
  const warm = member("b", { warm: [0, 1, 2, 3] });
  const next = dealPartitions([first, warm], partitions, 1);
  expect(next.get("a")).toEqual({ partitions: [0, 1], standbys: [2, 3], awaited: [] });
  expect(next.get("b")).toEqual({ partitions: [2, 3], standbys: [0, 1], awaited: [] });
});

test("without copies it moves at once", () => {
  const deals = dealPartitions([member("a", { held: [0, 1, 2, 3] }), member("b")], partitions, 0);
  expect(deals.get("a")).toEqual({ partitions: [0, 1], standbys: [], awaited: [] });
  expect(deals.get("b")).toEqual({ partitions: [2, 3], standbys: [], awaited: [] });
});

test("a partition whose member is gone goes to a warm copy, and then to where it belongs", () => {
  const members = [
    member("a", { held: [0] }),
    member("b", { held: [1], warm: [2, 3] }),
    member("c", { held: [] }),
  ];
  const deals = dealPartitions(members, partitions, 1);
  expect(deals.get("b")?.partitions).toEqual([1, 2, 3]);
  const awaited = [...deals.values()].flatMap((deal) => deal.awaited);
  expect(awaited).toHaveLength(1);
  const [moving] = awaited;
  expect(deals.get("c")?.standbys).toContain(moving);
});

test("copies of a member's partitions are spread over the others", () => {
  const members = [
    member("a", { held: [0, 1] }),
    member("b", { held: [2] }),
    member("c", { held: [3] }),
  ];
  const deals = dealPartitions(members, partitions, 1);
  const counts = ["a", "b", "c"].map((id) => deals.get(id)?.standbys.length ?? 0);
  expect(counts.reduce((sum, count) => sum + count)).toBe(partitions);
  expect(Math.max(...counts)).toBeLessThanOrEqual(2);
});

test("every partition has one member, as many copies as can be, and nobody has it twice", () => {
  const some = fc.uniqueArray(fc.integer({ min: 0, max: partitions - 1 }));
  const candidate = fc.record({ held: some, had: some, warm: some });
  fc.assert(
    fc.property(
      fc.array(candidate, { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 0, max: 3 }),
      (parts, copies) => {
        const members = parts.map((part, index) => member(`m${index}`, part));
        const deals = dealPartitions(members, partitions, copies);
        expect(dealPartitions(members.toReversed(), partitions, copies)).toEqual(deals);
        for (let partition = 0; partition < partitions; partition += 1) {
          const all = [...deals.values()];
          const running = all.filter((deal) => deal.partitions.includes(partition));
          const warm = all.filter((deal) => deal.standbys.includes(partition));
          const awaited = all.filter((deal) => deal.awaited.includes(partition));
          expect(running).toHaveLength(1);
          expect(warm.length).toBe(Math.min(copies, members.length - 1));
          expect(warm).not.toContain(running[0]);
          for (const deal of awaited) expect(warm).toContain(deal);
        }
      },
    ),
  );
});
