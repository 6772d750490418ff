import { ManualClock } from "@millrace/conformance";
import { describe, expect, it } from "vitest";
import { CommitTurns } from "../src/run/commit-turns.ts";

interface Named {
  readonly name: string;
}
const named = (count: number): Named[] =>
  Array.from({ length: count }, (_, i) => ({ name: `task ${i}` }));

describe("CommitTurns", () => {
  it("lets two begin, and the others in the order in which they came", async () => {
    const turns = new CommitTurns<Named>(new ManualClock());
    const [a, b, c, d] = named(4) as [Named, Named, Named, Named];
    expect([a, b, c].map((task) => turns.begin(task))).toEqual([true, true, false]);
    const order: string[] = [];
    const waiting = [c, d].map(async (task) => {
      await turns.wait(task);
      order.push(task.name);
    });
    expect(turns.begin(d)).toBe(false);
    turns.passed(b);
    await waiting[0];
    expect(order).toEqual(["task 2"]);
    expect(turns.begin(c)).toBe(true);
    expect(turns.begin(b)).toBe(false);
    turns.committed(a);
    await waiting[1];
    expect(order).toEqual(["task 2", "task 3"]);
  });

  it("lets a task go that is to end; one that commits keeps its turn until then", async () => {
    const turns = new CommitTurns<Named>(new ManualClock());
    const [a, b, c, d] = named(4) as [Named, Named, Named, Named];
    for (const task of [a, b, c, d]) turns.begin(task);
    const waiting = [c, d].map((task) => turns.wait(task));
    turns.cancel(c);
    await waiting[0];
    expect(turns.begin(c)).toBe(false);
    turns.cancel(a);
    turns.committed(a);
    await waiting[1];
    expect([turns.begin(d), turns.begin(c)]).toEqual([true, false]);
  });

  it("lets everybody go at the end", async () => {
    const turns = new CommitTurns<Named>(new ManualClock());
    const tasks = named(5);
    for (const task of tasks) turns.begin(task);
    const waiting = tasks.slice(2).map((task) => turns.wait(task));
    turns.end();
    await Promise.all(waiting);
    expect(turns.begin(tasks[4] as Named)).toBe(true);
  });

  /** Commits over a log that does so many at the same speed, and more of them no sooner. */
  async function settledAt(atOnceOfLog: number): Promise<number> {
    const clock = new ManualClock();
    const turns = new CommitTurns<Named>(clock);
    const underWay: Named[] = [];
    const ready: Named[] = [];
    for (const task of named(40)) {
      if (turns.begin(task)) underWay.push(task);
      else void turns.wait(task).then(() => ready.push(task));
    }
    for (let round = 0; round < 2_000; round += 1) {
      await clock.advance(10 * Math.max(1, underWay.length / atOnceOfLog));
      for (const task of underWay.splice(0)) {
        turns.committed(task);
        void turns.wait(task).then(() => ready.push(task));
      }
      await Promise.resolve();
      for (const task of ready.splice(0)) {
        expect(turns.begin(task)).toBe(true);
        underWay.push(task);
      }
    }
    return turns.atOnce;
  }

  it.each([
    [1, 2, 4],
    [4, 4, 9],
    [12, 12, 25],
  ])("with a log that does %i at once it comes to between %i and %i", async (log, least, most) => {
    const atOnce = await settledAt(log);
    expect(atOnce).toBeGreaterThanOrEqual(least);
    expect(atOnce).toBeLessThanOrEqual(most);
  });
});
