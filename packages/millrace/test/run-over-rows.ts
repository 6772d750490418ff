import { faultyLog, MemoryStore, rowsOf, type TableRows, tableSource } from "@millrace/conformance";
import {
  type ConnectorRegistry,
  type RowType,
  seededRandom,
  type SinkDescriptor,
  type SourceDescriptor,
} from "@millrace/core";
import { openMemoryLog } from "@millrace/log";
import { type Pipeline, run } from "millrace";
import { expect } from "vitest";

/** A sink whose rows a test reads. */
export const store: SinkDescriptor = {
  role: "sink",
  connector: "store",
  options: {},
  guarantee: "exactly-once",
};

/** A source whose rows a test gives. */
export function given<Row extends object>(rowType: RowType<Row>): SourceDescriptor<Row> {
  return { role: "source", connector: "given", options: {}, rowType };
}

/** How to run over the rows. */
export interface RowsRun {
  readonly partitions: number;
  readonly batchRows: number;
  readonly sourcePartitions: number;
}

/** A source of the rows in `sourcePartitions` partitions, and a sink into `memory`. */
export function connectorsTo<Row extends object>(
  memory: MemoryStore,
  data: TableRows<Row>,
  sourcePartitions: number,
): ConnectorRegistry {
  const source = tableSource(data, sourcePartitions);
  return {
    given: () => Promise.resolve(source),
    store: () => Promise.resolve(memory.connector()),
  };
}

/** The rows of each sink as sorted texts, without hidden columns. */
export type Stored = Readonly<Record<string, readonly string[]>>;

/** Rows as sorted texts, without hidden columns. */
export function texts(rows: readonly object[]): string[] {
  return rows
    .map((row) => JSON.stringify(Object.entries(row).filter(([name]) => !name.startsWith("$"))))
    .sort();
}

/** What is in the store. */
export function storedOf(memory: MemoryStore, sinks: readonly string[]): Stored {
  const entries = sinks.map(
    (sink) => [sink, texts(memory.batches(sink).flatMap((batch) => rowsOf(batch)))] as const,
  );
  return Object.fromEntries(entries);
}

/** What a pipeline writes, run to its end. */
export async function outputOver<Row extends object>(
  pipeline: Pipeline,
  data: TableRows<Row>,
  sinks: readonly string[],
  options: RowsRun,
): Promise<Stored> {
  const memory = new MemoryStore();
  const { partitions, batchRows } = options;
  const connectors = connectorsTo(memory, data, options.sourcePartitions);
  const summary = await run(pipeline, { partitions, batchRows, connectors });
  expect(summary.outcome).toBe("finished");
  return storedOf(memory, sinks);
}

/** What a pipeline writes, whose worker crashes at commits and is started again. */
export async function outputOverCrashes<Row extends object>(
  pipeline: Pipeline,
  data: TableRows<Row>,
  sinks: readonly string[],
  options: RowsRun & { readonly seed: number },
): Promise<Stored> {
  const random = seededRandom(options.seed);
  let faults = 0;
  const log = faultyLog(openMemoryLog(), (writerId) => {
    if (writerId.endsWith(".control") || random.next() >= 0.35) return "none";
    faults += 1;
    return random.next() < 0.5 ? "crash" : "unknown-committed";
  });
  const memory = new MemoryStore();
  const { partitions, batchRows } = options;
  const connectors = connectorsTo(memory, data, options.sourcePartitions);
  for (let start = 0; start < 300; start += 1) {
    const outcome = await run(pipeline, { partitions, batchRows, connectors, log }).then(
      (summary) => summary.outcome,
      () => "crashed",
    );
    if (outcome === "finished") break;
  }
  expect(faults).toBeGreaterThan(0);
  return storedOf(memory, sinks);
}
