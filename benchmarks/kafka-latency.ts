// How long a record takes from when it is due until its result is committed and read, exactly once:
// from a topic through a pipeline in a process of its own to a topic. Records come in an open loop,
// so a pause counts for all that were due in it. The floor is a transaction of one small record.
//
// `--drain` finds first what rate of J1 on 4 partitions is sustained where broker, pipeline,
// generator and reader share the machine, and measures at 80 % of that as well.
//
// Writes .millrace/kafka-latency.html and .json. `--seconds N` is how long each case is measured.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { systemClock } from "@millrace/core";
import { createTopic, KafkaCluster } from "@millrace/kafka";
import { figure, htmlReport, type LogLine, logLinesPlot, table, text } from "@millrace/report";
import { run } from "millrace";
import { Histogram } from "./harness/histogram.ts";
import { type BenchLine, printLines } from "./harness/report.ts";
import { startBroker } from "./kafka/broker.ts";
import { CommittedReader } from "./kafka/committed-reader.ts";
import { type LatencyJob, latencyJobs, type LatencyLoad } from "./kafka/latency-jobs.ts";
import { nowMs, OpenLoop } from "./kafka/open-loop.ts";
import { measureTransactions } from "./kafka/transaction-cost.ts";

const warmUpMs = 6_000;
/** A rate is sustained if nearly all results are later by no more than this. */
const sustainedMs = 1_000;
const rates = [25_000, 50_000, 71_000, 100_000, 141_000, 200_000, 283_000, 400_000];
/** Of results, those that are looked at: more would take the time of what is measured. */
const lookedAtPerSecond = 20_000;
const shares = [0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999];

interface Case {
  readonly job: keyof typeof latencyJobs;
  readonly partitions: number;
  readonly perSecond: number;
  /** Largest p50 and p99 that are wanted, in ms. */
  readonly targets: { readonly p50?: number; readonly p99: number };
}

const cases: readonly Case[] = [
  { job: "J1", partitions: 4, perSecond: 10_000, targets: { p50: 30, p99: 80 } },
  { job: "J1", partitions: 16, perSecond: 1_000, targets: { p50: 30, p99: 80 } },
  { job: "windows", partitions: 4, perSecond: 10_000, targets: { p99: 150 } },
  { job: "windows", partitions: 16, perSecond: 1_000, targets: { p99: 150 } },
];

interface Found {
  readonly name: string;
  readonly latency: Histogram;
  readonly targets: Case["targets"];
  /** Of the machine in the minute of the case. */
  readonly load: number;
}

/** The other process: runs a job until it is told to stop. */
async function runPipeline(address: string, jobName: string, name: string): Promise<void> {
  const partitions = Number(process.argv[5]);
  const job = latencyJobs[jobName as keyof typeof latencyJobs];
  const stopped = new AbortController();
  process.once("SIGTERM", () => stopped.abort());
  process.once("disconnect", () => stopped.abort());
  await run(job.pipeline(name, `${name}-bids`, `${name}-out`), {
    partitions,
    log: `kafka://${address}`,
    signal: stopped.signal,
  });
  process.disconnect();
}

function startPipeline(address: string, each: Case, name: string): ChildProcess {
  const script = process.argv[1] ?? "";
  const words = [
    ...process.execArgv,
    script,
    "pipeline",
    address,
    each.job,
    String(each.partitions),
  ];
  const child = spawn(process.execPath, [...words, name], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  return child;
}

async function measure(
  address: string,
  each: Case,
  name: string,
  span: { readonly warmUpMs: number; readonly ms: number },
): Promise<Found> {
  const { partitions, perSecond, targets } = each;
  const job: LatencyJob = latencyJobs[each.job];
  const options = { brokers: [address] };
  const cluster = await KafkaCluster.connect(options, systemClock);
  for (const topic of [`${name}-bids`, `${name}-out`]) {
    await createTopic(cluster, { name: topic, partitions, replication: -1, configs: {} });
  }
  if (process.stderr.isTTY || process.env["BENCH_VERBOSE"] !== undefined) {
    process.stderr.write(`${job.title}, ${perSecond}/s on ${partitions}\n`);
  }
  const child = startPipeline(address, each, name);
  const exited = new Promise<void>((resolve) => void child.once("exit", () => resolve()));
  const load: LatencyLoad = {
    startMs: Math.ceil(nowMs()) + 3000,
    perMs: perSecond / 1000,
    partitions,
  };
  const generator = new OpenLoop(cluster, `${name}-bids`, load);
  const reading = readResults(options, job, load, name, child, span);
  await generator.run(Math.floor(((span.warmUpMs + span.ms) * perSecond) / 1000));
  const latency = await reading;
  child.kill("SIGTERM");
  await exited;
  await cluster.close();
  const title = `${job.title}; ${perSecond.toLocaleString("en")}/s on ${partitions} partitions`;
  return { name: title, latency, targets, load: loadavg()[0] ?? Number.NaN };
}

/** Of the results of records that were due after the warm-up, how late each was. */
async function readResults(
  options: { brokers: string[] },
  job: LatencyJob,
  load: LatencyLoad,
  name: string,
  child: ChildProcess,
  { warmUpMs: skippedMs, ms }: { readonly warmUpMs: number; readonly ms: number },
): Promise<Histogram> {
  const cluster = await KafkaCluster.connect(options, systemClock);
  const reader = new CommittedReader(cluster, `${name}-out`, load.partitions);
  const latency = new Histogram();
  const end = load.startMs + skippedMs + ms;
  const stride = Math.max(1, Math.round((load.perMs * 1000) / lookedAtPerSecond));
  let results = 0;
  let last = nowMs();
  // The results of the last records may be some seconds late, or never come.
  for (let latest = 0; latest < end - 200 && nowMs() < Math.max(end, last) + 10_000;) {
    if (child.exitCode !== null) throw new Error("the pipeline has ended");
    const values = await reader.read();
    const seen = nowMs();
    if (values.length > 0) last = seen;
    for (const value of values) {
      results += 1;
      if (results % stride !== 0) continue;
      const due = job.dueMs(JSON.parse(value.toString("latin1")), load);
      latest = Math.max(latest, due);
      if (due >= load.startMs + skippedMs && due < end) latency.add(seen - due);
    }
  }
  await cluster.close();
  return latency;
}

/** The greatest of the rates at which results do not fall behind. */
async function drainRate(address: string): Promise<number> {
  let sustained = rates[0] ?? 0;
  for (const perSecond of rates) {
    const each: Case = { job: "J1", partitions: 4, perSecond, targets: { p99: sustainedMs } };
    const name = `drain-${perSecond}-${Math.floor(nowMs())}`;
    const { latency } = await measure(address, each, name, { warmUpMs: 4_000, ms: 4_000 });
    if (latency.count === 0 || latency.quantile(0.99) > sustainedMs) break;
    sustained = perSecond;
  }
  return sustained;
}

function lineOf({ name, latency }: Found): LogLine {
  const points = shares.map((share) => [1 / (1 - share), latency.quantile(share)] as const);
  return { name, points };
}

function linesOf({ name, latency, targets }: Found): BenchLine[] {
  const wanted: readonly [string, number, number | undefined][] = [
    ["p50", 0.5, targets.p50],
    ["p99", 0.99, targets.p99],
  ];
  return wanted.map(([label, share, target]) => ({
    case: `${name}, ${label}`,
    value: latency.quantile(share),
    unit: "ms",
    ...(target === undefined ? {} : { baseline: target, against: "the goal" }),
    lowerIsBetter: true,
  }));
}

function page(
  found: readonly Found[],
  floor: readonly Found[],
  parts: readonly string[][],
): string {
  const all = [...floor, ...found];
  const plot = logLinesPlot({
    label: "Latency by share of results",
    unit: "ms",
    xName: "one result in so many is later",
    height: 420,
    lines: all.map((each, index) => ({ ...lineOf(each), name: String.fromCharCode(65 + index) })),
  });
  const figures = all.map(({ name, latency, load }, index) => [
    String.fromCharCode(65 + index),
    name,
    ...[0.5, 0.9, 0.99, 0.999].map((share) => latency.quantile(share).toFixed(1)),
    latency.max.toFixed(1),
    latency.count.toLocaleString("en"),
    load.toFixed(1),
  ]);
  const numbers = ["p50", "p90", "p99", "p99.9", "max", "results", "load"];
  const columns = [
    { name: "line" },
    { name: "case" },
    ...numbers.map((name) => ({ name, isNumber: true })),
  ];
  const partColumns = ["part", "p50", "p99"].map((name, index) => ({ name, isNumber: index > 0 }));
  const about = `${cpus().length} cores, shared by broker, pipeline, generator and reader; Node ${process.versions.node}`;
  return htmlReport({
    title: "Latency through Kafka, exactly once",
    subtitle: about,
    sections: [
      {
        title: "Latency",
        blocks: [figure(plot, "From due to read, in ms"), table(columns, figures)],
      },
      {
        title: "A transaction taken apart",
        blocks: [text("A record of 100 bytes and one offset, in ms."), table(partColumns, parts)],
      },
    ],
  });
}

async function measureAll(): Promise<void> {
  const flags = process.argv.slice(2);
  const seconds = Number(flags[flags.indexOf("--seconds") + 1] ?? 20);
  const ms = 1000 * (flags.includes("--seconds") ? seconds : 20);
  const broker = await startBroker();
  const cost = await measureTransactions(broker.address, 5);
  const none = { targets: { p99: Number.NaN }, load: loadavg()[0] ?? Number.NaN };
  const floor: Found[] = [
    { name: "the floor: one small transaction until it is read", latency: cost.seen, ...none },
  ];
  const parts = [...cost.requests, ["all until acknowledged", cost.commit] as const].map(
    ([name, histogram]) => [
      name,
      histogram.quantile(0.5).toFixed(2),
      histogram.quantile(0.99).toFixed(2),
    ],
  );
  const found: Found[] = [];
  const chosen = flags.filter((word) => word in latencyJobs);
  const wanted = cases.filter(({ job }) => chosen.length === 0 || chosen.includes(job));
  const drain = flags.includes("--drain") ? await drainRate(broker.address) : undefined;
  if (drain !== undefined) {
    const perSecond = 0.8 * drain;
    wanted.push({ job: "J1", partitions: 4, perSecond, targets: { p99: 200 } });
  }
  for (const [index, each] of wanted.entries()) {
    const name = `latency-${index}-${Math.floor(nowMs())}`;
    found.push(await measure(broker.address, each, name, { warmUpMs, ms }));
  }
  await broker.close();
  const lines: BenchLine[] = [
    ...floor.flatMap(linesOf).map(({ case: name, value, unit }) => ({ case: name, value, unit })),
    ...parts.map(([name, p50]) => ({
      case: `transaction: ${name}, p50`,
      value: Number(p50),
      unit: "ms",
    })),
    ...found.flatMap(linesOf),
    ...(drain === undefined
      ? []
      : [{ case: "J1 on 4 partitions, rate that is sustained", value: drain, unit: "records/s" }]),
  ];
  printLines("kafka-latency", lines);
  mkdirSync(".millrace", { recursive: true });
  const place = join(".millrace", "kafka-latency");
  writeFileSync(`${place}.html`, page(found, floor, parts));
  const quantiles = [...floor, ...found].map((each) => ({ ...each, latency: lineOf(each).points }));
  writeFileSync(`${place}.json`, JSON.stringify({ quantiles, parts }, null, 2));
  if (!flags.includes("--json")) process.stdout.write(`\npage: ${place}.html\n`);
}

if (process.argv[2] === "pipeline") {
  const [, , , address = "", job = "", , name = ""] = process.argv;
  await runPipeline(address, job, name);
} else await measureAll();
