import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type CliEnvironment, type LoadedPipeline, main, type RunFlags } from "@millrace/cli";
import type { ConnectorRegistry } from "@millrace/core";
import { isPipeline, type Pipeline } from "@millrace/dsl";
import { readDeadLetters } from "./run/dead-letters.ts";
import { kafkaOfEnvironment } from "./run/kafka-of-environment.ts";
import { openObserving, type OpenedObserving } from "./run/observing.ts";
import { isKafkaUrl, kafkaOptions, type LogPlace } from "./run/open-log.ts";
import { plan, start } from "./run/run.ts";
import { readWhyStuck, savedPipelines } from "./run/saved-pipelines.ts";
import { readSchemaSource } from "./run/schema-source.ts";
import { readTopicsReport, removeSaved } from "./run/saved-topics.ts";
import { readTopicRecords, writeTopicRecords } from "./run/topic-records.ts";

/** With `--json`, stdout is for machines: tables go beside it. */
const consoleOnStderr: ConnectorRegistry = {
  console: async () => {
    const { createConsoleConnector } = await import("@millrace/connectors/console");
    return createConsoleConnector((text) => process.stderr.write(text));
  },
};

/** Asks on stderr: stdout may be read by a program. */
async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await new Promise<string>((resolve) => {
      lines.once("close", () => resolve(""));
      lines.question(question, resolve);
    });
  } finally {
    lines.close();
  }
}

/**
 * The `pipe` command over this package.
 *
 * @param env the environment, which says who we are to Kafka
 * @returns the exit code
 */
export async function runCommandLine(
  words: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  // A reader that has seen enough (`pipe … | head`) is no failure: what is written then is dropped.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
    });
  }
  const manifest = new URL("../package.json", import.meta.url);
  const { version } = JSON.parse(await readFile(manifest, "utf8")) as { version: string };
  const isJson = words.includes("--json");
  const placeOf = (log: string): LogPlace =>
    isKafkaUrl(log) ? kafkaOptions(log, kafkaOfEnvironment(env)) : log;
  const environment: CliEnvironment = {
    version,
    stdout: (text) => process.stdout.write(text),
    stderr: (text) => process.stderr.write(text),
    isTerminal: process.stderr.isTTY === true,
    isPipeline: (value): value is LoadedPipeline => isPipeline(value),
    plan: (pipeline, flags) => plan(pipeline as Pipeline, flags),
    observe: (flags) => openObserving(flags, (line) => process.stderr.write(line)),
    start: (pipeline, flags: RunFlags, module, observing) => {
      const options = isJson ? { ...flags, connectors: consoleOnStderr } : flags;
      const isOnKafka = flags.log !== undefined && isKafkaUrl(flags.log);
      const kafka = isOnKafka ? { kafka: kafkaOfEnvironment(env) } : {};
      const observed = (observing as OpenedObserving).options;
      return start(pipeline as Pipeline, { ...options, ...kafka, ...observed, module });
    },
    test: async (module, flags, onProgress) => {
      const { testModule } = await import("./testing/check/test-module.ts");
      return testModule(module, flags, { placeOf, onProgress });
    },
    savedPipelines: (place) => savedPipelines(place, placeOf),
    whyStuck: (saved) => readWhyStuck(saved, placeOf),
    deadLetters: (pipeline, { state, log }) =>
      readDeadLetters(log === undefined ? join(state, pipeline) : placeOf(log), pipeline),
    schemaSource: (from, settings) => readSchemaSource(from, settings, placeOf),
    ask,
    topics: (log) => readTopicsReport(placeOf(log)),
    removePipeline: (log, pipeline) => removeSaved(placeOf(log), pipeline, log),
    readTopic: (log, topic, take) => readTopicRecords(placeOf(log), topic, take),
    writeTopic: (log, name, partitions) =>
      writeTopicRecords(placeOf(log), name, process.stdin, partitions),
  };
  return main(words, environment);
}
