import { tableSource } from "@millrace/conformance/fakes";
import type { Connector, SourceDescriptor, UpdatingSinkDescriptor } from "@millrace/core";
import type { RunParts, Scenario, WatchedRun } from "@millrace/simulate";
import {
  count,
  type InferRow,
  instant,
  max,
  minutes,
  type Pipeline,
  pipeline,
  seconds,
  type SinkDescriptor,
  start,
  sum,
  t,
  tumbling,
} from "millrace";

const partitions = 2;
const batchRows = 20;
const stateBytesMax = 1_000_000;

const Visit = t.row({ at: t.timestamp(), user: t.utf8(), page: t.utf8(), n: t.int32() });
type Visit = InferRow<typeof Visit>;

const store: SinkDescriptor = {
  role: "sink",
  connector: "store",
  options: {},
  guarantee: "exactly-once",
};

function keyed(...updatesKey: string[]): UpdatingSinkDescriptor {
  return { ...store, updatesKey };
}

function sourceOf(connector: string): SourceDescriptor<Visit> {
  return { role: "source", connector, options: {}, rowType: Visit };
}

/** Times go up and down within a minute; a user's rows are all in one partition. */
function visits(rows: number, everyMs: number, step: number): Visit[] {
  return Array.from({ length: rows }, (_, n) => ({
    at: instant(3_600_000 + n * everyMs - ((n * 7_919) % 50_000)),
    user: `user-${(n * step) % 13}`,
    page: `page-${(n * 31) % 4}`,
    n,
  }));
}

function partOf({ user }: Visit): number {
  return Number(user.slice("user-".length));
}

function tableOf(rows: readonly Visit[], sourcePartitions: number): Connector {
  return tableSource({ type: Visit, rows, part: partOf }, sourcePartitions);
}

const options = { outOfOrderness: minutes(1), idleAfter: "never" } as const;

function starter(of: Pipeline): (parts: RunParts) => Promise<WatchedRun> {
  return (parts) => start(of, { partitions, batchRows, ...parts });
}

/** Windows over windows, with rows that fail, and rows that are late. */
export const windowed = pipeline("windowed", (p) => {
  const seen = p.source("visits", sourceOf("visits"), { eventTime: (v) => v.at, ...options });
  const kept = seen.map(
    t.row({ at: t.timestamp(), user: t.utf8(), page: t.utf8(), n: t.int32() }),
    (v) => {
      if (v.n % 17 === 0) throw new Error("no seventeens");
      return { at: v.at, user: v.user, page: v.page, n: v.n };
    },
  );
  kept.sink("kept", store);
  const perMinute = kept
    .keyBy("page")
    .window(tumbling(minutes(5)))
    .aggregate("per-page", (v) => ({ visits: count(), last: max(v.n) }));
  perMinute.sink("pages", store);
  perMinute
    .keyBy("visits")
    .window(tumbling(minutes(15)))
    .aggregate("how-busy", () => ({ pages: count() }))
    .sink("busy", store);
});

/** Rows of two streams that belong together, and running results over them. */
export const joined = pipeline("joined", (p) => {
  const seen = p.source("views", sourceOf("views"), { eventTime: (v) => v.at, ...options });
  const bought = p.source("orders", sourceOf("orders"), { eventTime: (o) => o.at, ...options });
  const pairs = seen.keyBy("user").intervalJoin("view-orders", bought.keyBy("user"), {
    lower: minutes(-2),
    upper: minutes(4),
    kind: "left",
    select: (view, order) => ({ user: view.user, page: view.page, view: view.n, order: order.n }),
  });
  pairs.sink("pairs", store);
  const totals = pairs.keyBy("page").aggregate("totals", (pair) => ({
    pairs: count(),
    orders: count(pair.order),
    views: sum(pair.view),
  }));
  totals.sink("by-page", keyed("page"));
  totals
    .keyBy("orders")
    .aggregate("alike", () => ({ pages: count() }))
    .sink("by-orders", keyed("orders"));
});

const Session = t.row({ user: t.utf8(), visits: t.int32(), last: t.int32() });

/** State and timers of each key, and the best of each key. */
export const timed = pipeline("timed", (p) => {
  const seen = p.source("visits", sourceOf("visits"), { eventTime: (v) => v.at, ...options });
  seen
    .keyBy("user")
    .process("sessions", {
      state: { last: t.timestamp(), visits: t.int32(), n: t.int32() },
      output: Session,
      onRow(visit, { state, timers, time }) {
        const last = state.last.get();
        if (last !== null) timers.cancel(instant(last + seconds(90)));
        state.last.set(time);
        state.n.set(visit.n);
        state.visits.set((state.visits.get() ?? 0) + 1);
        timers.at(instant(time + seconds(90)));
      },
      onTimer({ key, state, emit }) {
        emit({ user: key.user, visits: state.visits.get() ?? 0, last: state.n.get() ?? 0 });
        for (const one of [state.last, state.visits, state.n]) one.clear();
      },
    })
    .sink("sessions-out", store);
  seen
    .keyBy("page")
    .topN("newest", { n: 2, orderBy: (v) => [v.n.desc()], rank: "place" })
    .sink("newest-of-page", keyed("page", "place"));
});

/** The pipelines that are simulated. */
export const scenarios: readonly Scenario[] = [
  {
    name: "windowed",
    sources: { visits: tableOf(visits(700, 9_000, 7), 2) },
    readMsMax: 120,
    pauses: 0,
    busyStages: ["stage-visits"],
    sinks: [
      { id: "kept", inOrder: { key: ["user"], by: "n" } },
      { id: "pages", inOrder: { key: ["page"], by: "windowStart" } },
      { id: "busy", inOrder: { key: ["visits"], by: "windowStart" } },
    ],
    stateBytesMax,
    start: starter(windowed),
  },
  {
    name: "joined",
    sources: {
      views: tableOf(visits(400, 9_000, 7), 2),
      orders: tableOf(visits(300, 12_000, 11), 3),
    },
    readMsMax: 120,
    pauses: 0.2,
    sinks: [
      { id: "pairs" },
      { id: "by-page", updatesKey: ["page"] },
      { id: "by-orders", updatesKey: ["orders"] },
    ],
    stateBytesMax,
    start: starter(joined),
  },
  {
    name: "timed",
    sources: { visits: tableOf(visits(500, 9_000, 7), 3) },
    readMsMax: 120,
    pauses: 0.3,
    sinks: [
      { id: "sessions-out", inOrder: { key: ["user"], by: "last" } },
      { id: "newest-of-page", updatesKey: ["page", "place"] },
    ],
    stateBytesMax,
    start: starter(timed),
  },
];
