import { setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "@millrace/core";
import { KafkaCluster, membersOf } from "@millrace/kafka";
import { type KafkaLog, openKafkaLog } from "@millrace/log";
import type { RunStatus } from "millrace";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { describeWithKafka } from "../../../../dev/services/describe.mjs";
import { buildPackages, checkExit, jsonLines, type Running, Workspace } from "../cli/workspace.ts";

const partitions = 4;
/** Of the first order, in ms. */
const startMs = 1_700_000_000_000;
const orderMs = 5;
const encoder = new TextEncoder();

/** Counts each user's orders by second; its source has no end. */
const pipelineFile = (
  name: string,
): string => `import { count, pipeline, seconds, sum, t, tumbling } from "millrace";
import { json, topic } from "millrace/log";

const Order = t.row({ id: t.int64(), user: t.utf8(), at: t.timestamp() });
const Total = t.row({
  user: t.utf8(),
  windowStart: t.timestamp(),
  windowEnd: t.timestamp(),
  orders: t.int64(),
  ids: t.int64(),
});

export default pipeline("${name}", (p) => {
  p.source("orders", topic("${name}-orders", json(Order)), {
    eventTime: (order) => order.at,
    outOfOrderness: seconds(1),
  })
    .keyBy("user")
    .window(tumbling(seconds(1)))
    .aggregate("totals", (order) => ({ orders: count(), ids: sum(order.id) }))
    .sink("out", topic("${name}-totals", json(Total)));
});
`;

/** Orders that are written while processes come and go. */
class Orders {
  readonly #log: KafkaLog;
  readonly #topic: string;
  #count = 0;
  #isEnded = false;

  constructor(log: KafkaLog, name: string) {
    this.#log = log;
    this.#topic = `${name}-orders`;
  }

  /** Writes until `end`, and then what closes the windows of all that was written. */
  async write(): Promise<void> {
    const writer = await this.#log.openAppender();
    while (!this.#isEnded) {
      for (const upTo = this.#count + 60; this.#count < upTo; this.#count += 1) {
        const id = this.#count;
        const user = `user ${(id * 7) % 97}`;
        this.#append(writer, id % partitions, { id, user, atMs: startMs + id * orderMs });
      }
      await writer.commit();
      await sleep(20);
    }
    const atMs = startMs + 86_400_000;
    for (let partition = 0; partition < partitions; partition += 1) {
      this.#append(writer, partition, { id: -1, user: "nobody", atMs });
    }
    await writer.commit();
    await writer.close();
  }

  end(): void {
    this.#isEnded = true;
  }

  /** What plain TypeScript makes of the orders, sorted. */
  expected(): string[] {
    const totals = new Map<string, { orders: number; ids: number }>();
    for (let id = 0; id < this.#count; id += 1) {
      const start = Math.floor((startMs + id * orderMs) / 1000) * 1000;
      const key = `user ${(id * 7) % 97} ${start}`;
      const total = totals.get(key) ?? { orders: 0, ids: 0 };
      totals.set(key, { orders: total.orders + 1, ids: total.ids + id });
    }
    return [...totals].map(([key, { orders, ids }]) => `${key} ${orders} ${ids}`).toSorted();
  }

  #append(
    writer: { append(topic: string, partition: number, value: Uint8Array): void },
    partition: number,
    { atMs, ...order }: { id: number; user: string; atMs: number },
  ): void {
    const text = JSON.stringify({ ...order, at: new Date(atMs).toISOString() });
    writer.append(this.#topic, partition, encoder.encode(text));
  }
}

/** A process that runs the pipeline, with what it told last. */
class Member {
  readonly running: Running;
  #text = "";

  constructor(running: Running) {
    this.running = running;
    running.child.stdout?.on("data", (chunk) => (this.#text += String(chunk)));
  }

  get status(): RunStatus | undefined {
    const whole = this.#text.slice(0, this.#text.lastIndexOf("\n") + 1);
    return jsonLines(whole).at(-1) as unknown as RunStatus | undefined;
  }

  /** Waits until what it tells is as wanted, and gives it. */
  async until(what: string, holds: (status: RunStatus) => boolean): Promise<RunStatus> {
    const untilMs = Date.now() + 40_000;
    for (;;) {
      const { status } = this;
      if (status !== undefined && holds(status)) return status;
      const { exitCode } = this.running.child;
      if (exitCode !== null || Date.now() > untilMs) {
        throw new Error(`not ${what} (exit code ${exitCode}): ${JSON.stringify(status)}`);
      }
      await sleep(20);
    }
  }

  hasPartitions(count: number): Promise<RunStatus> {
    return this.until(`at ${count} partitions`, ({ group, restores }) => {
      return group?.partitions.length === count && restores.tasks >= 2 * count;
    });
  }

  async stop(): Promise<void> {
    this.running.child.kill("SIGTERM");
    checkExit(await this.running.ended, 0);
  }

  async kill(): Promise<void> {
    this.running.child.kill("SIGKILL");
    await this.running.ended;
  }
}

describeWithKafka("processes that come and go on Kafka", (kafka) => {
  let workspace: Workspace;
  let log: KafkaLog;
  const members = new Set<Member>();
  beforeAll(async () => {
    await buildPackages();
    workspace = await Workspace.make();
    log = await openKafkaLog({ brokers: [...kafka.brokers] }, systemClock);
  }, 120_000);
  afterEach(async () => {
    for (const { running } of members) running.child.kill("SIGKILL");
    await Promise.all([...members].map(({ running }) => running.ended));
    members.clear();
  });
  afterAll(async () => {
    await log.close();
    await workspace.remove();
  });

  async function prepare(name: string): Promise<{ orders: Orders; written: Promise<void> }> {
    await workspace.write(`${name}.ts`, pipelineFile(name));
    await log.createTopic({ name: `${name}-orders`, partitions, kind: "records" });
    const orders = new Orders(log, name);
    return { orders, written: orders.write() };
  }

  function begin(name: string, words: readonly string[] = [], sessionMs = 2_000): Member {
    const place = `kafka://${kafka.brokers.join()}?sessionTimeoutMs=${sessionMs}`;
    const all = ["run", `${name}.ts`, "--log", place, "--partitions", String(partitions)];
    const member = new Member(workspace.start([...all, "--json", ...words]));
    members.add(member);
    return member;
  }

  /** Waits for the results of all orders, which must be those and no others. */
  async function checkTotals(
    name: string,
    { orders, written }: { orders: Orders; written: Promise<void> },
  ): Promise<void> {
    orders.end();
    await written;
    const expected = orders.expected();
    const untilMs = Date.now() + 40_000;
    let found: string[] = [];
    while (found.length < expected.length && Date.now() < untilMs) {
      await sleep(300);
      const place = `kafka://${kafka.brokers.join()}`;
      const read = await workspace.pipe(["topics", "read", `${name}-totals`, "--log", place]);
      checkExit(read, 0);
      found = jsonLines(read.stdout)
        .map(({ user, windowStart, orders: count, ids }) => {
          return `${String(user)} ${Date.parse(String(windowStart))} ${Number(count)} ${Number(ids)}`;
        })
        .toSorted();
    }
    expect(found).toEqual(expected);
  }

  test("tasks that stay are not restored, and those that move are opened once", async () => {
    const load = await prepare("stay");
    const first = begin("stay");
    await first.hasPartitions(4);
    const second = begin("stay");
    expect((await second.hasPartitions(2)).restores.tasks).toBe(4);
    expect((await first.hasPartitions(2)).restores.tasks).toBe(8);
    const third = begin("stay");
    expect((await third.hasPartitions(1)).restores.tasks).toBe(2);
    await third.stop();
    const restored = async (): Promise<number> => {
      const { restores } = await first.hasPartitions(2);
      return restores.tasks + (await second.hasPartitions(2)).restores.tasks;
    };
    // What a member says may be from before the third one came.
    await expect.poll(restored, { timeout: 20_000, interval: 300 }).toBe(14);
    await checkTotals("stay", load);
    expect(await restored()).toBe(14);
  }, 120_000);

  test("1 → 3 → 2 processes under load, twice, lose nothing and double nothing", async () => {
    const load = await prepare("rounds");
    let staying = begin("rounds");
    await staying.hasPartitions(4);
    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      const [second, third] = [begin("rounds"), begin("rounds")];
      await Promise.all(
        [second, third].map((member) =>
          member.until("in", ({ group }) => {
            return group?.members === 3 && group.partitions.length > 0;
          }),
        ),
      );
      // The first one is the leader.
      if (signal === "SIGTERM") await staying.stop();
      else await staying.kill();
      await Promise.all([second, third].map((member) => member.hasPartitions(2)));
      if (signal === "SIGTERM") await second.kill();
      else await second.stop();
      await third.hasPartitions(4);
      staying = third;
    }
    await checkTotals("rounds", load);
  }, 180_000);

  test("a copy that is warm takes over, and reads only the end", async () => {
    const load = await prepare("warm");
    const first = begin("warm", ["--standby", "1"]);
    await first.hasPartitions(4);
    const second = begin("warm", ["--standby", "1"]);
    await second.hasPartitions(2);
    await first.until("warm", ({ group }) => group?.standbys.warm.length === 2);
    const before = await second.until("warm", ({ group, rowsReadHere }) => {
      return group?.standbys.warm.length === 2 && rowsReadHere > 5_000;
    });
    await first.kill();
    const { restores } = await second.hasPartitions(4);
    expect(restores.tasks).toBe(8);
    const changelogs = await bytesOfChangelogs("warm");
    expect(restores.bytes - before.restores.bytes).toBeLessThan(changelogs / 4);
    await checkTotals("warm", load);
  }, 120_000);

  test("tasks run on while the leader holds the group up, and when it dies of that", async () => {
    const load = await prepare("leader");
    const leader = begin("leader", [], 20_000);
    await leader.hasPartitions(4);
    const second = begin("leader", [], 20_000);
    await second.hasPartitions(2);
    // It does not join again: the group waits for it, until its session is over.
    leader.running.child.kill("SIGSTOP");
    const third = begin("leader", [], 20_000);
    const cluster = await KafkaCluster.connect({ brokers: [...kafka.brokers] }, systemClock);
    while ((await membersOf(cluster, "leader")).length < 3) await sleep(50);
    await cluster.close();
    const sinceMs = Date.now();
    const before = second.status;
    const during = await second.until("on", ({ rowsReadHere }) => {
      return rowsReadHere > (before?.rowsReadHere ?? Infinity) + 300;
    });
    expect(during.group?.generation).toBe(2);
    await leader.kill();
    await Promise.all([second, third].map((member) => member.hasPartitions(2)));
    expect((await third.hasPartitions(2)).group?.changedAtMs).toBeLessThan(sinceMs);
    expect((await second.hasPartitions(2)).restores.tasks).toBe(4);
    await checkTotals("leader", load);
  }, 120_000);

  test("a process that was given up for lost commits nothing when it goes on", async () => {
    const load = await prepare("zombie");
    const zombie = begin("zombie");
    await zombie.hasPartitions(4);
    const second = begin("zombie");
    await second.hasPartitions(2);
    zombie.running.child.kill("SIGSTOP");
    await second.hasPartitions(4);
    zombie.running.child.kill("SIGCONT");
    const back = await zombie.until("back", ({ group, restores }) => {
      return (group?.generation ?? 0) >= 4 && restores.tasks === 12;
    });
    expect(back.group?.partitions).toHaveLength(2);
    await checkTotals("zombie", load);
  }, 120_000);

  async function bytesOfChangelogs(name: string): Promise<number> {
    let bytes = 0;
    for (const { name: topic, kind } of await log.topics()) {
      if (kind !== "changelog" || !topic.startsWith(`${name}.`)) continue;
      for (let partition = 0; partition < partitions; partition += 1) {
        const { start, end } = await log.bounds(topic, partition);
        const reader = await log.openReader(topic, partition, start);
        while (reader.position < end) {
          const { valueLength } = await reader.read(1024 * 1024);
          for (const length of valueLength) bytes += length;
        }
        await reader.close();
      }
    }
    return bytes;
  }
});
