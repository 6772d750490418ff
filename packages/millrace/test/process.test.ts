import { explainPhysical, planPipeline } from "@millrace/planner";
import {
  count,
  type InferRow,
  instant,
  listState,
  mapState,
  minutes,
  pipeline,
  seconds,
  t,
  tumbling,
} from "millrace";
import { expect, test } from "vitest";
import { given, outputOver, outputOverCrashes, store, texts } from "./run-over-rows.ts";

const Click = t.row({ at: t.timestamp(), user: t.utf8(), page: t.utf8(), n: t.int32() });
type Click = InferRow<typeof Click>;

const clicks: Click[] = Array.from({ length: 1_500 }, (_, n) => ({
  at: instant(n * 1_000 - ((n * 104_729) % 20_000)),
  user: `user-${(n * 7919) % 23}`,
  page: `page-${(n * 31) % 2}`,
  n,
}));
const data = { type: Click, rows: clicks, part: ({ n }: Click) => Math.floor(n / 50) };
const gap = seconds(30);

const Visit = t.row({
  user: t.utf8(),
  from: t.timestamp(),
  clicks: t.int64(),
  pages: t.list(t.utf8()),
});

const visits = pipeline("visits", (p) => {
  const ended = p
    .source("clicks", given(Click), { eventTime: (c) => c.at, outOfOrderness: minutes(1) })
    .keyBy("user")
    .process("visits", {
      state: {
        from: t.timestamp(),
        last: t.timestamp(),
        pages: mapState(t.utf8(), t.int32()),
        numbers: listState(t.int32()),
      },
      output: Visit,
      sideOutputs: { returns: t.row({ user: t.utf8(), n: t.int32() }) },
      onRow(click, { state, timers, emitTo, time }) {
        const last = state.last.get();
        if (last !== null) timers.cancel(instant(last + gap));
        if (last === null) state.from.set(time);
        state.last.set(time);
        timers.at(instant(time + gap));
        if (state.pages.has(click.page)) emitTo("returns", { user: click.user, n: click.n });
        state.pages.set(click.page, (state.pages.get(click.page) ?? 0) + 1);
        state.numbers.add(click.n);
        if (click.n % 11 === 0) throw new Error("no elevens");
      },
      onTimer({ key, state, emit }) {
        const pages = state.pages.entries().map(([page, times]) => `${page}×${times}`);
        const from = state.from.get() ?? instant(0);
        emit({ user: key.user, from, clicks: state.numbers.length, pages });
        for (const one of [state.from, state.last, state.pages, state.numbers]) one.clear();
      },
    });
  ended.sink("visits-out", store);
  ended.side("returns").sink("returns", store);
  ended
    .keyBy("user")
    .window(tumbling(minutes(5)))
    .aggregate("per-window", () => ({ visits: count() }))
    .sink("windows", store);
});
const sinks = ["visits-out", "returns", "windows"];

/** By time, then source partition (of one) and place in it. */
function visitsOf(user: string): { clicks: Click[] }[] {
  const own = clicks
    .filter((click) => click.user === user && click.n % 11 !== 0)
    .toSorted((a, b) => a.at - b.at || a.n - b.n);
  const all: { clicks: Click[] }[] = [];
  for (const [i, click] of own.entries()) {
    const before = own[i - 1];
    if (before === undefined || click.at - before.at >= gap) all.push({ clicks: [] });
    all.at(-1)?.clicks.push(click);
  }
  return all;
}

test("a process step gives what plain TypeScript gives", async () => {
  const run = { partitions: 4, batchRows: 100, sourcePartitions: 1 };
  const result = await outputOver(visits, data, sinks, run);
  const users = [...new Set(clicks.map(({ user }) => user))];
  const all = users.flatMap(visitsOf);
  const expected = all.map(({ clicks: own }) => {
    const pages = [...new Set(own.map(({ page }) => page))].sort();
    return {
      user: own[0]?.user,
      from: own[0]?.at,
      clicks: own.length,
      pages: pages.map((page) => `${page}×${own.filter((c) => c.page === page).length}`),
    };
  });
  expect(expected.length).toBeGreaterThan(100);
  expect(result["visits-out"]).toEqual(texts(expected));
  const returns = all.flatMap(({ clicks: own }) =>
    own
      .filter(({ page }, i) => own.slice(0, i).some((before) => before.page === page))
      .map(({ user, n }) => ({ user, n })),
  );
  expect(result["returns"]).toEqual(texts(returns));
});

test("a process step gives the same with 1, 2 and 4 partitions and any batch size", async () => {
  const one = { partitions: 1, batchRows: 65_536, sourcePartitions: 1 };
  const whole = await outputOver(visits, data, sinks, one);
  for (const rows of Object.values(whole)) expect(rows.length).toBeGreaterThan(0);
  for (const partitions of [1, 2, 4]) {
    const run = { partitions, batchRows: 70 * partitions, sourcePartitions: 1 };
    expect(await outputOver(visits, data, sinks, run)).toEqual(whole);
  }
  const four = { partitions: 4, batchRows: 65_536, sourcePartitions: 4 };
  const parted = await outputOver(visits, data, sinks, four);
  expect(await outputOver(visits, data, sinks, { ...four, batchRows: 60 })).toEqual(parted);
});

test.each([1, 2])("crashes leave no trace in what a process step gives (seed %i)", async (seed) => {
  const run = { partitions: 2, batchRows: 60, sourcePartitions: 2 };
  const crashed = await outputOverCrashes(visits, data, sinks, { ...run, seed });
  expect(crashed).toEqual(await outputOver(visits, data, sinks, run));
});

test("explain names the functions, the state and the order of a process step", () => {
  const { physical } = planPipeline(visits.build(), { partitions: 2, parameters: {} });
  const text = explainPhysical(physical);
  expect(text).toContain(
    "process by function visits.onRow with from, last, pages, numbers, timers by user (event-ordered, row by row)",
  );
  expect(text).toContain("sink returns ← visits.returns");
});
