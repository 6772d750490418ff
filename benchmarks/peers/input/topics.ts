import { spawn } from "node:child_process";
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Writable } from "node:stream";
import { kafkaPartitionOf } from "@millrace/columnar";
import { createTopic, type KafkaCluster } from "@millrace/kafka";
import { repositoryRoot } from "../repository.ts";

/** Partitions of every topic of the comparison. */
export const partitions = 4;

/** A data set in topics. */
export interface InputTopics {
  readonly events: number;
  readonly bids: number;
  readonly bidTopic: string;
  readonly auctionTopic: string;
  /** Directory of the records as files, which the oracle reads. */
  readonly dataset: string;
}

/** Of 50 records 46 are bids and 3 are auctions. */
export function bidsOf(events: number): number {
  return (events * 46) / 50;
}

const hourMs = 3_600_000;
/** The generator's first record. */
const firstMs = Date.UTC(2026, 0, 1, 6, 30, 0);

/** Makes a topic as the broker's defaults say, whoever writes it. */
export async function makeTopic(cluster: KafkaCluster, name: string): Promise<void> {
  await createTopic(cluster, { name, partitions, replication: -1, configs: {} });
}

/** Loads a data set with Kafka's own producer, by key, and then what closes all its windows. */
export async function loadTopics(
  cluster: KafkaCluster,
  brokers: string,
  events: number,
  dataset: string,
): Promise<InputTopics> {
  const [bidTopic, auctionTopic] = [`bid-${events}`, `auction-${events}`];
  for (const topic of [auctionTopic, bidTopic]) await makeTopic(cluster, topic);
  const input = { events, bids: bidsOf(events), bidTopic, auctionTopic, dataset };
  await write(brokers, auctionTopic, keyedLines(join(dataset, "auction-0.ndjson"), '"id":'));
  await write(brokers, bidTopic, keyedLines(join(dataset, "bid-0.ndjson"), '"auction":'));
  await write(brokers, auctionTopic, closingAuctions(events));
  await closeWindows(brokers, input);
  return input;
}

/**
 * Writes one bid per partition an hour after the last record, so that every window closes. Its
 * auction is less than 0, and so it is left out when the result is checked.
 */
export async function closeWindows(brokers: string, input: InputTopics): Promise<void> {
  await write(brokers, input.bidTopic, closingBids(input.events));
}

/** `key TAB value` for each line; the key is the number after `member`. */
async function* keyedLines(file: string, member: string): AsyncGenerator<string> {
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const from = line.indexOf(member) + member.length;
    yield `${line.slice(from, line.indexOf(",", from))}\t${line}\n`;
  }
}

function* closingBids(events: number): Generator<string> {
  const dateTime = closingTime(events);
  const rest = { bidder: 0, price: 0, channel: "", url: "", dateTime, extra: "" };
  for (const auction of keyOfEachPartition()) {
    yield `${auction}\t${JSON.stringify({ seq: -1, auction, ...rest })}\n`;
  }
}

function* closingAuctions(events: number): Generator<string> {
  const dateTime = closingTime(events);
  const texts = { itemName: "", description: "", dateTime, expires: dateTime, extra: "" };
  const numbers = { initialBid: 0, reserve: 0, seller: 0, category: 0 };
  for (const key of keyOfEachPartition()) {
    // Not the auction that the closing bids are for.
    yield `${key}\t${JSON.stringify({ seq: -1, id: key - 1_000_000, ...texts, ...numbers })}\n`;
  }
}

function closingTime(events: number): string {
  return new Date(firstMs + events + hourMs).toISOString().replace("T", " ").replace("Z", "");
}

/** Numbers below 0, one for each partition. */
function keyOfEachPartition(): number[] {
  const found = new Map<number, number>();
  for (let key = -1; found.size < partitions; key -= 1) {
    const partition = kafkaPartitionOf(partitions, new TextEncoder().encode(String(key)));
    if (!found.has(partition)) found.set(partition, key);
  }
  return [...found.values()];
}

const producerSettings = ["linger.ms=20", "batch.size=524288", "max.block.ms=120000"];

/** Sends lines of `key TAB value` by Kafka's console producer. */
async function write(
  brokers: string,
  topic: string,
  lines: Iterable<string> | AsyncIterable<string>,
): Promise<void> {
  const script = join(repositoryRoot, "dev", "services", "kafka.sh");
  const tool = ["tool", "org.apache.kafka.tools.ConsoleProducer"];
  const place = ["--bootstrap-server", brokers, "--topic", topic];
  const words = [
    ...tool,
    ...place,
    "--reader-property",
    "parse.key=true",
    ...producerSettings.flatMap((setting) => ["--command-property", setting]),
  ];
  const child = spawn("bash", [script, ...words], { stdio: ["pipe", "ignore", "pipe"] });
  let problem = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (problem += text));
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  await sendAll(child.stdin, lines);
  const code = await ended;
  if (code !== 0) throw new Error(`The console producer ended with ${code}: ${problem.trim()}`);
}

const sendCharactersMax = 1 << 18;

async function sendAll(
  target: Writable,
  lines: Iterable<string> | AsyncIterable<string>,
): Promise<void> {
  let waiting = "";
  const flush = async (): Promise<void> => {
    const text = waiting;
    waiting = "";
    await new Promise<void>((resolve, reject) => {
      target.write(text, (error) => (error ? reject(error) : resolve()));
    });
  };
  for await (const line of lines) {
    waiting += line;
    if (waiting.length >= sendCharactersMax) await flush();
  }
  await flush();
  target.end();
}
