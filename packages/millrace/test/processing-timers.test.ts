import { batchSchema, columnOf, makeBatch, rowsToBatch, sliceRows } from "@millrace/columnar";
import { GrowingSource, ManualClock, MemoryStore } from "@millrace/conformance";
import { openMemoryLog } from "@millrace/log";
import { explainPhysical, planPipeline } from "@millrace/planner";
import {
  type InferRow,
  instant,
  minutes,
  pipeline,
  type RunningPipeline,
  start,
  t,
} from "millrace";
import { expect, test } from "vitest";
import { given, outputOver, store, storedOf, texts } from "./run-over-rows.ts";

const Ping = t.row({ at: t.timestamp(), host: t.utf8() });
type Ping = InferRow<typeof Ping>;
const Silence = t.row({ host: t.utf8(), since: t.timestamp() });

/** A host that has not been heard of for a minute, by the clock. */
const silences = pipeline("silences", (p) => {
  p.source("pings", given(Ping), { eventTime: (ping) => ping.at })
    .keyBy("host")
    .process("silence", {
      state: { due: t.timestamp() },
      output: Silence,
      order: "arrival",
      onRow(_ping, { state, timers: { processing } }) {
        const due = state.due.get();
        if (due !== null) processing.cancel(due);
        const next = instant(processing.now + minutes(1));
        state.due.set(next);
        processing.at(next);
      },
      onProcessingTimer({ key, state, emit }) {
        emit({ host: key.host, since: state.due.get() ?? instant(0) });
      },
    })
    .sink("silences-out", store);
});

class LivePings {
  readonly clock = new ManualClock(0);
  readonly #log = openMemoryLog();
  readonly #memory = new MemoryStore();
  readonly #source = new GrowingSource(1, (batch, { from, to }, columns) => {
    const here = sliceRows(batch, from, to);
    const fields = Ping.schema.fields.filter(({ name }) => columns.includes(name));
    const data = fields.map(({ name }) => columnOf(here, name));
    return makeBatch(batchSchema(fields), data, here.numRows);
  });

  async start(): Promise<RunningPipeline> {
    const connectors = {
      given: () => Promise.resolve(this.#source.connector()),
      store: () => Promise.resolve(this.#memory.connector()),
    };
    const running = await start(silences, { connectors, log: this.#log, clock: this.clock });
    await this.clock.advance(100);
    return running;
  }

  /** Rows whose event time is the clock's. */
  ping(...hosts: readonly string[]): void {
    const rows: Ping[] = hosts.map((host) => ({ at: this.clock.now(), host }));
    this.#source.append(0, rowsToBatch(Ping.schema, rows));
  }

  async stop(running: RunningPipeline): Promise<void> {
    const stopped = running.stop();
    await this.clock.advance(100);
    await stopped;
  }

  /** Hosts that were found silent, and when they were due, in seconds of the clock. */
  get silences(): readonly (readonly [host: string, dueS: number])[] {
    const rows = storedOf(this.#memory, ["silences-out"])["silences-out"] ?? [];
    return rows.map((row) => {
      const { host, since } = Object.fromEntries(JSON.parse(row) as [string, unknown][]);
      return [host as string, Math.floor(Number(since) / 1_000)];
    });
  }
}

test("a timer fires without input when the clock has come to it", async () => {
  const pings = new LivePings();
  const running = await pings.start();
  pings.ping("a", "b");
  await pings.clock.advance(20_000, 500);
  pings.ping("b", "c");
  await pings.clock.advance(39_000, 500);
  expect(pings.silences).toEqual([]);
  await pings.clock.advance(3_000, 500);
  expect(pings.silences).toEqual([["a", 60]]);
  await pings.clock.advance(20_000, 500);
  expect(pings.silences).toEqual([
    ["a", 60],
    ["b", 80],
    ["c", 80],
  ]);
  await pings.stop(running);
});

test("after a restart timers that have become due meanwhile fire at once, and only once", async () => {
  const pings = new LivePings();
  const first = await pings.start();
  pings.ping("a");
  await pings.clock.advance(1_000);
  pings.ping("b");
  await pings.clock.advance(1_000);
  await pings.stop(first);
  await pings.clock.advance(minutes(10), minutes(1));
  expect(pings.silences).toEqual([]);
  const second = await pings.start();
  await pings.clock.advance(200);
  const both = [
    ["a", 60],
    ["b", 61],
  ];
  expect(pings.silences).toEqual(both);
  await pings.stop(second);
  const third = await pings.start();
  await pings.clock.advance(minutes(2), minutes(1));
  expect(pings.silences).toEqual(both);
  await pings.stop(third);
});

test("timers that are left when a bounded input has ended are dropped", async () => {
  const rows = [{ at: instant(0), host: "a" }];
  const run = { partitions: 1, batchRows: 10, sourcePartitions: 1 };
  const result = await outputOver(
    silences,
    { type: Ping, rows, part: () => 0 },
    ["silences-out"],
    run,
  );
  expect(result["silences-out"]).toEqual(texts([]));
});

test("explain says that such a step depends on how rows arrive", () => {
  const { physical } = planPipeline(silences.build(), { partitions: 1, parameters: {} });
  expect(explainPhysical(physical)).toContain(
    "process by function silence.onRow with due, processing timers by host (arrival-ordered, row by row)",
  );
});
