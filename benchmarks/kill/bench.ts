import { cpSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Log } from "@millrace/core";
import { openKafkaLog, openLmdbLog } from "@millrace/log";
import { bundleTypeScript } from "../../dev/import-typescript.mjs";
import { type Cluster, ownCluster } from "../../dev/services/services.mjs";
import { logUrl } from "../../pipelines/nexmark/kafka/run-on-kafka.ts";
import { fillInput } from "./fill-input.ts";
import { type KillRows, killRows } from "./kill-rows.ts";
import { type Expected, expectedOf } from "./model.ts";

/** Which log the rounds are on. */
export type LogKind = "embedded" | "kafka";

/** The log of one round, with its input. */
export interface RoundLog {
  readonly input: string;
  /** What a worker opens. */
  urlOf(clientId: string): string;
  /** For reading what came of it; called once the workers have ended. */
  open(): Promise<Log>;
  /** Removes what the round has made. */
  close(): Promise<void>;
}

/** What all rounds share. */
export interface Bench {
  readonly kind: LogKind;
  readonly expected: Expected;
  /** Ours to kill; only of Kafka. */
  readonly cluster?: Cluster;
  /** A kill is at most so long after its share of the input has been read. */
  readonly momentMs: number;
  /** Directory for files of a round. */
  readonly scratch: string;
  /** The worker's program, in JavaScript. */
  readonly program: string;
  roundLog(name: string): Promise<RoundLog>;
  close(): Promise<void>;
}

/** Of the input and of the pipeline. */
export const partitions = 2;

const sessionTimeoutMs = 2000;
const transactionTimeoutMs = 5000;
const input = "kill-input";
/** With 2000 orders, some tasks write a snapshot. */
const noteChars = 6000;

/** Makes the input, and on Kafka a cluster of one node with it. */
export async function openBench(
  kind: LogKind,
  options: { readonly scratch: string; readonly orders: number; readonly seed: number },
): Promise<Bench> {
  const { scratch, orders, seed } = options;
  const rows = killRows(orders, seed, noteChars);
  const expected = expectedOf(rows);
  mkdirSync(scratch, { recursive: true });
  const program = fileURLToPath(new URL(`.worker-${process.pid}.mjs`, import.meta.url));
  await bundleTypeScript(fileURLToPath(new URL("worker-program.ts", import.meta.url)), program);
  const momentMs = kind === "kafka" ? 1.5 * orders : orders / 2;
  const shared = { expected, scratch, program, momentMs };
  const bench = await (kind === "embedded"
    ? embeddedBench(rows, shared)
    : kafkaBench(rows, shared));
  return {
    ...bench,
    async close() {
      rmSync(program, { force: true });
      await bench.close();
    },
  };
}

type Shared = Pick<Bench, "expected" | "scratch" | "program" | "momentMs">;

/** Each round has a copy of a directory that holds the input. */
async function embeddedBench(rows: KillRows, shared: Shared): Promise<Bench> {
  const template = join(shared.scratch, "template");
  const log = await openLmdbLog({ directory: template });
  await fillInput(log, input, rows, partitions);
  await log.close();
  return {
    ...shared,
    kind: "embedded",
    async roundLog(name) {
      const directory = join(shared.scratch, name);
      cpSync(template, directory, { recursive: true });
      let opened: Log | undefined;
      return {
        input,
        urlOf: () => directory,
        open: async () => (opened ??= await openLmdbLog({ directory })),
        async close() {
          await opened?.close();
          rmSync(directory, { recursive: true, force: true });
        },
      };
    },
    close: () => Promise.resolve(),
  };
}

/** All rounds share the topics with the input; the others are deleted after each. */
async function kafkaBench(rows: KillRows, shared: Shared): Promise<Bench> {
  const cluster = await ownCluster({ nodes: 1 });
  const { brokers } = cluster;
  const log = await openKafkaLog({ brokers });
  await fillInput(log, input, rows, partitions);
  return {
    ...shared,
    kind: "kafka",
    cluster,
    async roundLog(name) {
      const isOwn = (topic: string): boolean =>
        topic.startsWith(`${name}.`) || topic.startsWith(`result.${name}.`);
      const parameters = { sessionTimeoutMs, transactionTimeoutMs };
      return {
        input,
        urlOf: (clientId) => logUrl(brokers.join(","), { ...parameters, clientId }),
        open: () => Promise.resolve(log),
        close: async () =>
          log.deleteTopics((await log.topics()).map((topic) => topic.name).filter(isOwn)),
      };
    },
    async close() {
      await log.close();
      await cluster.close();
    },
  };
}
