// How long tasks rest when processes of a pipeline come and go, under load: 1 → 3 → 2 → 1
// processes, again and again, with state to restore; without and with warm copies of it. The
// results must be those of the orders, none lost and none doubled.
//
// `--state MB` (50), `--rounds N` (2), `--rate` orders a second (2000), `--standby 0|1` for one
// case. `rest`: the longest time that a task did not commit around a change, seen from outside.
// `pause`: from when the first process heard of the change until the task's first commit after it.
import { type ChildProcess, spawn } from "node:child_process";
import { loadavg } from "node:os";
import { type Log, recordValue, systemClock } from "@millrace/core";
import { openKafkaLog } from "@millrace/log";
import { type GroupStatus, type RunStatus, start } from "millrace";
import { Histogram } from "./harness/histogram.ts";
import { type BenchLine, printLines } from "./harness/report.ts";
import { startBroker } from "./kafka/broker.ts";
import { CommitWatch } from "./kafka/commit-watch.ts";
import { OrderLoad, type Totals } from "./kafka/order-load.ts";
import { heldBytes, rebalancePipeline } from "./kafka/rebalance-pipeline.ts";

const partitions = 6;
const settleMaxMs = 60_000;

/** What a process tells. */
interface Told {
  readonly group: GroupStatus;
  readonly restores: RunStatus["restores"];
  readonly stateBytes: number;
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The other processes: run the pipeline until they are told to stop, and tell how it stands. */
async function runPipeline(address: string, name: string, standby: number): Promise<void> {
  const log = `kafka://${address}?sessionTimeoutMs=6000`;
  const running = await start(rebalancePipeline(name), { partitions, log, standby });
  process.once("SIGTERM", () => void running.stop());
  process.once("disconnect", () => void running.stop());
  let told = "";
  const tell = setInterval(() => {
    const status = running.status();
    if (status?.group === undefined) return;
    const { group, restores, stateBytes } = status;
    const text = JSON.stringify([group.generation, group.firstCommits, group.standbys.warm]);
    if (text !== told) process.send?.({ group, restores, stateBytes } satisfies Told);
    told = text;
  }, 20);
  await running.finished;
  clearInterval(tell);
  process.disconnect();
}

/** A process, with what it told last. */
class Member {
  readonly child: ChildProcess;
  readonly exited: Promise<void>;
  told: Told | undefined;

  constructor(words: readonly string[], heard: (told: Told) => void) {
    this.child = spawn(process.execPath, [...process.execArgv, process.argv[1] ?? "", ...words], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    this.exited = new Promise((resolve) => void this.child.once("exit", () => resolve()));
    this.child.on("message", (message) => {
      this.told = message as Told;
      heard(this.told);
    });
  }

  get isAlive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }
}

type Change = "two come" | "one goes" | "one is killed";

/** What was measured of one case. */
class Figures {
  readonly rest: Readonly<Record<Change, Histogram>> = {
    "two come": new Histogram(),
    "one goes": new Histogram(),
    "one is killed": new Histogram(),
  };
  readonly kept = new Histogram();
  readonly moved = new Histogram();
  restoredBytes = 0;
  restoredTasks = 0;
  changes = 0;
}

/** One pipeline over all its rounds. */
class Rounds {
  readonly #words: readonly string[];
  readonly #members: Member[] = [];
  readonly figures = new Figures();
  /** By generation of the group, when the first process heard of it. */
  readonly #heardAtMs = new Map<number, number>();
  /** By task and generation, its first commit, and by which process. */
  readonly #firstCommits = new Map<string, Map<number, FirstCommit>>();

  constructor(words: readonly string[]) {
    this.#words = words;
  }

  begin(): void {
    const member: Member = new Member(this.#words, (told) => this.#hear(told, member));
    this.#members.push(member);
  }

  /** Ends the process that was started last, or has been there longest. */
  async end(which: "first" | "last", signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    const member = which === "first" ? this.#members.shift() : this.#members.pop();
    if (member === undefined) throw new Error("a process runs");
    this.#count(member);
    member.child.kill(signal);
    await member.exited;
  }

  checkAlive(): void {
    const dead = this.#members.find((member) => !member.isAlive);
    if (dead !== undefined) throw new Error("a process has ended by itself");
  }

  /** Waits until all tasks run where they shall and commit. */
  async settle(watch: CommitWatch): Promise<void> {
    const startMs = Date.now();
    for (;;) {
      await sleep(100);
      this.checkAlive();
      const lately = watch.allSince(Date.now() - 1_000) && Date.now() - startMs > 2_000;
      if (lately && this.#isBalanced()) return;
      if (Date.now() - startMs < settleMaxMs) continue;
      const groups = this.#members.map(({ told }) => told?.group);
      throw new Error(`the group does not settle: ${JSON.stringify(groups)}`);
    }
  }

  async close(): Promise<void> {
    while (this.#members.length > 0) await this.end("last", "SIGTERM");
    for (const commits of this.#firstCommits.values()) this.#addPauses(commits);
  }

  #addPauses(commits: ReadonlyMap<number, FirstCommit>): void {
    let before: FirstCommit | undefined;
    for (const [generation, commit] of [...commits].toSorted(([left], [right]) => left - right)) {
      const heard = this.#heardAtMs.get(generation);
      // The first generation begins with the pipeline: nothing pauses.
      if (heard !== undefined && before !== undefined) {
        const pauses = commit.pid === before.pid ? this.figures.kept : this.figures.moved;
        pauses.add(Math.max(1, commit.atMs - heard));
      }
      before = commit;
    }
  }

  #isBalanced(): boolean {
    const groups = this.#members.map(({ told }) => told?.group);
    const [first] = groups;
    const most = Math.ceil(partitions / this.#members.length);
    const isSame = groups.every((group) => group?.generation === first?.generation);
    const counts = groups.map((group) => group?.partitions.length ?? 0);
    const all = counts.reduce((sum, each) => sum + each, 0);
    const areWarm = groups.every((group) => {
      return group !== undefined && group.standbys.warm.length === group.standbys.partitions.length;
    });
    return isSame && areWarm && all === partitions && Math.max(...counts) <= most;
  }

  #hear({ group }: Told, { child }: Member): void {
    const { generation, changedAtMs, firstCommits } = group;
    const heard = this.#heardAtMs.get(generation) ?? Infinity;
    this.#heardAtMs.set(generation, Math.min(heard, changedAtMs));
    for (const { stage, partition, groupGeneration, atMs } of firstCommits) {
      const name = `${stage} ${partition}`;
      const commits = this.#firstCommits.get(name) ?? new Map<number, FirstCommit>();
      this.#firstCommits.set(name, commits.set(groupGeneration, { atMs, pid: child.pid ?? 0 }));
    }
  }

  #count({ told }: Member): void {
    this.figures.restoredBytes += told?.restores.bytes ?? 0;
    this.figures.restoredTasks += told?.restores.tasks ?? 0;
  }
}

interface FirstCommit {
  readonly atMs: number;
  readonly pid: number;
}

interface Case {
  readonly standby: number;
  readonly stateMb: number;
  readonly rounds: number;
  readonly perSecond: number;
}

async function measure(address: string, name: string, each: Case): Promise<Figures> {
  const log = await openKafkaLog({ brokers: [address] }, systemClock);
  await log.createTopic({ name: `${name}-orders`, partitions, kind: "records" });
  const load = new OrderLoad(log, `${name}-orders`, partitions);
  const rounds = new Rounds(["pipeline", address, name, String(each.standby)]);
  const keys = Math.floor((each.stateMb * 1024 * 1024) / heldBytes);
  await load.writeState(keys, Date.now());
  rounds.begin();
  const loading = load.run(each.perSecond);
  const hasBegun = async (): Promise<boolean> =>
    (await log.topics()).some((each) => {
      return each.kind === "changelog" && each.name.startsWith(`${name}.`);
    });
  while (!(await hasBegun())) {
    rounds.checkAlive();
    await sleep(50);
  }
  const watch = await CommitWatch.begin(log, name);
  await rounds.settle(watch);
  const changed = async (kind: Change, change: () => Promise<void> | void): Promise<void> => {
    const sinceMs = Date.now();
    await change();
    await rounds.settle(watch);
    for (const ms of watch.pausesSince(sinceMs).values()) rounds.figures.rest[kind].add(ms);
    rounds.figures.changes += 1;
  };
  for (let round = 0; round < each.rounds; round += 1) {
    await changed("two come", () => {
      rounds.begin();
      rounds.begin();
    });
    const which = round % 2 === 0 ? "first" : "last";
    await changed("one goes", () => rounds.end(which, "SIGTERM"));
    await changed("one is killed", () => rounds.end("last", "SIGKILL"));
  }
  load.end();
  await loading;
  await checkTotals(log, name, load.totals);
  await rounds.close();
  await watch.end();
  await log.close();
  return rounds.figures;
}

/** Waits for all results and compares them with what was written. */
async function checkTotals(log: Log, name: string, wanted: Totals): Promise<void> {
  const found: Totals = new Map();
  const topic = `${name}-totals`;
  const info = (await log.topics()).find((each) => each.name === topic);
  const readers = await Promise.all(
    Array.from({ length: info?.partitions ?? 0 }, async (_, partition) => {
      const { start: from } = await log.bounds(topic, partition);
      return log.openReader(topic, partition, from);
    }),
  );
  const until = Date.now() + settleMaxMs;
  for (let quietMs = Date.now(); found.size < wanted.size || Date.now() - quietMs < 1_000;) {
    if (Date.now() > until) throw new Error(`${found.size} of ${wanted.size} results came`);
    for (const reader of readers) {
      const records = await reader.read(1024 * 1024);
      if (records.count > 0) quietMs = Date.now();
      for (let index = 0; index < records.count; index += 1) {
        const row = JSON.parse(new TextDecoder().decode(recordValue(records, index)));
        const key = `${row.user} ${Date.parse(row.windowEnd)}`;
        if (found.has(key)) throw new Error(`${key} came twice`);
        found.set(key, { orders: Number(row.orders), ids: Number(row.ids) });
      }
    }
    await sleep(20);
  }
  for (const [key, { orders, ids }] of wanted) {
    const row = found.get(key);
    if (row?.orders === orders && row.ids === ids) continue;
    throw new Error(`${key}: ${orders} orders were written, ${row?.orders} were counted`);
  }
}

function linesOf({ standby, stateMb }: Case, figures: Figures): BenchLine[] {
  const name = `${stateMb} MB of state, ${standby} copies`;
  const goal = standby === 0 ? 3000 : 1000;
  const against = "the goal";
  const { rest, kept, moved, restoredBytes, restoredTasks, changes } = figures;
  const quantiles = (of: Histogram, label: string): BenchLine[] => [
    { case: `${name}: ${label}, p50`, value: of.quantile(0.5), unit: "ms", lowerIsBetter: true },
    {
      case: `${name}: ${label}, p99`,
      value: of.quantile(0.99),
      unit: "ms",
      baseline: goal,
      against,
      lowerIsBetter: true,
    },
    { case: `${name}: ${label}, longest`, value: of.max, unit: "ms", lowerIsBetter: true },
  ];
  return [
    ...quantiles(kept, "pause of tasks that stay"),
    ...quantiles(moved, "pause of tasks that move"),
    ...Object.entries(rest).flatMap(([kind, of]) => quantiles(of, `rest when ${kind}`)),
    { case: `${name}: changes`, value: changes, unit: "changes" },
    { case: `${name}: tasks opened`, value: restoredTasks, unit: "tasks" },
    { case: `${name}: restored`, value: restoredBytes / 1024 / 1024, unit: "MB" },
    { case: `${name}: load of the machine`, value: loadavg()[0] ?? Number.NaN, unit: "load" },
  ];
}

async function measureAll(): Promise<void> {
  const flags = process.argv.slice(2);
  const flag = (name: string, standard: number): number =>
    flags.includes(name) ? Number(flags[flags.indexOf(name) + 1]) : standard;
  const only = flag("--standby", -1);
  const broker = await startBroker();
  const lines: BenchLine[] = [];
  try {
    for (const standby of only >= 0 ? [only] : [0, 1]) {
      const stateMb = flag("--state", 50);
      const rounds = flag("--rounds", 2);
      const each = { standby, stateMb, rounds, perSecond: flag("--rate", 2000) };
      const figures = await measure(broker.address, `rebalance-${standby}-${Date.now()}`, each);
      lines.push(...linesOf(each, figures));
    }
  } finally {
    await broker.close();
  }
  printLines("kafka-rebalance", lines);
}

if (process.argv[2] === "pipeline") {
  const [, , , address = "", name = "", standby = "0"] = process.argv;
  await runPipeline(address, name, Number(standby));
} else await measureAll();
