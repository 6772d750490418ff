// What the jobs J1 to J4 cost through Kafka, exactly once: CPU of this process per million bids, as
// the slope between a short and a long topic, so that neither planning nor warming up counts.
//
// Beside it the broker's CPU, the same at least once, and what the least of work with the same
// bytes costs: fetching what the job reads and producing what it wrote, in the same round.
// `--short` and `--full` choose sizes, BENCH_ROUNDS how often; names of jobs choose those.
import { openKafkaLog, openMemoryLog } from "millrace/log";
import type { Log } from "@millrace/core";
import { type RunOptions, run } from "millrace";
import { type Broker, startBroker } from "./kafka/broker.ts";
import { type KafkaJob, kafkaJobs } from "./kafka/jobs.ts";
import {
  fillTopic,
  nexmarkRecords,
  partitionCount,
  type TopicRecords,
} from "./kafka/nexmark-topics.ts";
import { type RawBatch, RawBytes } from "./kafka/raw-bytes.ts";
import { type BenchLine, printLines } from "./harness/report.ts";

const isFull = process.argv.includes("--full");
const isShort = process.argv.includes("--short");
const quickSizes = isShort ? [200_000, 800_000] : [500_000, 2_000_000];
const sizes = isFull ? [2_000_000, 8_000_000] : quickSizes;
const rounds = Number(process.env["BENCH_ROUNDS"] ?? (isFull ? 7 : 5));
const chosen = process.argv.slice(2).filter((word) => !word.startsWith("--"));

/** CPU of a run, in ms. */
interface Cost {
  readonly own: number;
  readonly broker: number;
  readonly wall: number;
}

interface Input {
  readonly count: number;
  readonly bids: TopicRecords;
  readonly auctions: TopicRecords;
}

class Bench {
  readonly #broker: Broker;
  readonly #log: Log;
  /** The same broker, without transactions. */
  readonly #plainLog: Log;
  readonly #raw: RawBytes;
  readonly #inputs: readonly Input[];
  #runs = 0;

  constructor(
    broker: Broker,
    logs: { readonly log: Log; readonly plainLog: Log; readonly raw: RawBytes },
    inputs: readonly Input[],
  ) {
    this.#broker = broker;
    this.#log = logs.log;
    this.#plainLog = logs.plainLog;
    this.#raw = logs.raw;
    this.#inputs = inputs;
  }

  async measure(job: KafkaJob): Promise<BenchLine[]> {
    const found = new Map<string, Cost[][]>();
    const outputs = await this.#outputs(job);
    for (let round = 0; round <= rounds; round += 1) {
      for (const [name, costOf] of this.#ways(job, outputs)) {
        const costs: Cost[] = [];
        for (const input of this.#inputs) costs.push(await costOf(input));
        // The first round warms up.
        if (round > 0) found.set(name, [...(found.get(name) ?? []), costs]);
        if (process.stderr.isTTY || process.env["BENCH_VERBOSE"] !== undefined) {
          const ms = costs.map(({ own, broker, wall }) => `${[own, broker, wall].map(Math.round)}`);
          process.stderr.write(`${job.name} ${name} ${ms.join(" | ")}\n`);
        }
      }
    }
    return this.#lines(job, found);
  }

  #lines(job: KafkaJob, found: ReadonlyMap<string, readonly Cost[][]>): BenchLine[] {
    const slope = (way: string, of: (cost: Cost) => number): number => {
      const [from = 0, to = 0] = this.#inputs.map(({ count }) => count);
      const slopes = (found.get(way) ?? []).map(([short, long]) => {
        if (short === undefined || long === undefined) throw new Error("both sizes were measured");
        return ((of(long) - of(short)) / (to - from)) * 1000;
      });
      return slopes.toSorted((a, b) => a - b)[slopes.length >> 1] ?? Number.NaN;
    };
    const own = (way: string): number => slope(way, (cost) => cost.own);
    const title = `${job.name}: ${job.title}`;
    const unit = "cpu-s/M";
    const lowerIsBetter = true;
    const floor = own("raw") + own("memory");
    return [
      {
        case: `${title}, this process`,
        value: own("kafka"),
        unit,
        baseline: floor,
        against: `raw Fetch and Produce (${own("raw").toFixed(2)}) and in memory (${own("memory").toFixed(2)})`,
        lowerIsBetter,
      },
      {
        case: `${title}, this process`,
        value: own("kafka"),
        unit,
        baseline: own("plain"),
        against: "at least once",
        lowerIsBetter,
      },
      {
        case: `${title}, the broker`,
        value: slope("kafka", (cost) => cost.broker),
        unit,
        baseline: slope("raw", (cost) => cost.broker),
        against: "raw Fetch and Produce",
        lowerIsBetter,
      },
      {
        case: `${title}, speed`,
        value: 1000 / slope("kafka", (cost) => cost.wall),
        unit: "k rows/s",
      },
    ];
  }

  #ways(
    job: KafkaJob,
    outputs: ReadonlyMap<number, readonly RawBatch[]>,
  ): [string, (input: Input) => Promise<Cost>][] {
    return [
      ["kafka", (input) => this.#runOnKafka(job, input, this.#log)],
      ["plain", (input) => this.#runOnKafka(job, input, this.#plainLog)],
      ["raw", (input) => this.#moveRaw(input, job, outputs.get(input.count) ?? [])],
      ["memory", (input) => this.#runInMemory(job, input)],
    ];
  }

  /** What the job writes of each input; checks that both logs give as many records. */
  async #outputs(job: KafkaJob): Promise<Map<number, RawBatch[]>> {
    const outputs = new Map<number, RawBatch[]>();
    for (const input of this.#inputs) {
      const out = this.#newName(job);
      await run(this.#pipeline(job, input, out), { ...this.#options, log: this.#log });
      outputs.set(input.count, await this.#raw.batchesOf(out));
      await this.#clean(out);
    }
    return outputs;
  }

  async #runOnKafka(job: KafkaJob, input: Input, log: Log): Promise<Cost> {
    const out = this.#newName(job);
    const cost = await this.#costOf(async () => {
      await run(this.#pipeline(job, input, out), { ...this.#options, log });
    });
    await this.#clean(out);
    return cost;
  }

  async #moveRaw(input: Input, job: KafkaJob, batches: readonly RawBatch[]): Promise<Cost> {
    const out = this.#newName(job);
    await this.#log.createTopic({ name: out, partitions: partitionCount, kind: "records" });
    const cost = await this.#costOf(async () => {
      await this.#raw.fetchAll(input.bids.topic);
      if (job.name === "J3") await this.#raw.fetchAll(input.auctions.topic);
      await this.#raw.produceAll(out, batches);
    });
    await this.#clean(out);
    return cost;
  }

  async #runInMemory(job: KafkaJob, input: Input): Promise<Cost> {
    const log = openMemoryLog();
    await fillTopic(log, input.bids);
    if (job.name === "J3") await fillTopic(log, input.auctions);
    const cost = await this.#costOf(async () => {
      await run(this.#pipeline(job, input, "out"), { ...this.#options, log });
    });
    await log.close();
    return cost;
  }

  get #options(): RunOptions {
    return { partitions: partitionCount };
  }

  #pipeline(job: KafkaJob, input: Input, out: string) {
    const topics = { bids: input.bids.topic, auctions: input.auctions.topic, out };
    return job.pipeline(`p-${out}`, topics);
  }

  #newName(job: KafkaJob): string {
    this.#runs += 1;
    return `${job.name.toLowerCase()}-${process.pid}-${this.#runs}`;
  }

  /** Removes what a run has made. */
  async #clean(out: string): Promise<void> {
    const topics = await this.#log.topics();
    const names = topics.map(({ name }) => name);
    await this.#log.deleteTopics(
      names.filter((name) => name === out || name.includes(`p-${out}.`)),
    );
  }

  async #costOf(work: () => Promise<void>): Promise<Cost> {
    const since = { own: process.cpuUsage(), broker: this.#broker.cpuMs(), at: performance.now() };
    await work();
    const { user, system } = process.cpuUsage(since.own);
    return {
      own: (user + system) / 1000,
      broker: this.#broker.cpuMs() - since.broker,
      wall: performance.now() - since.at,
    };
  }
}

const broker = await startBroker();
const log = await openKafkaLog({ brokers: [broker.address] });
const plainLog = await openKafkaLog({ brokers: [broker.address], isAtLeastOnce: true });
const raw = await RawBytes.connect(broker.address);
const inputs = sizes.map((count) => ({ count, ...nexmarkRecords(count) }));
const present = new Set((await log.topics()).map(({ name }) => name));
for (const { topic, partitions } of inputs.flatMap(({ bids, auctions }) => [bids, auctions])) {
  if (!present.has(topic)) await fillTopic(log, { topic, partitions });
}
const bench = new Bench(broker, { log, plainLog, raw }, inputs);
const lines: BenchLine[] = [];
for (const job of kafkaJobs) {
  if (chosen.length === 0 || chosen.includes(job.name)) lines.push(...(await bench.measure(job)));
}
await log.close();
await plainLog.close();
await raw.close();
await broker.close();
printLines("kafka-jobs", lines);
