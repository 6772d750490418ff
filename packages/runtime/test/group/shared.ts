import { setTimeout as sleep } from "node:timers/promises";
import { MemoryStore, type PartitionRows, rowsSource, sharedGroups } from "@millrace/conformance";
import { type Connector, type Log, seededRandom } from "@millrace/core";
import { openMemoryLog } from "@millrace/log";
import type { Run, RunSettings, RunStatus } from "@millrace/runtime";
import { type Flight, partitionRows, runFlights } from "../flights.ts";
import { dayStart } from "../live.ts";

export const partitions = 4;

const random = seededRandom(5);

export const flights: readonly Flight[] = Array.from({ length: 12_000 }, (_, index) => ({
  at: dayStart + index * 9_000,
  origin: `City ${Math.floor(random.next() * 13)}`,
  delay: Math.floor(random.next() * 60),
}));

/** A pipeline whose runs share it, and what outlives them. */
export interface SharedPipeline {
  readonly log: Log;
  /** Below `log`, without its groups. */
  readonly memory: ReturnType<typeof openMemoryLog>;
  readonly store: MemoryStore;
  start(settings?: Partial<RunSettings>): Run;
}

/**
 * @param readMs what a read of the source takes
 * @param around the log as runs see it
 */
export function sharedPipeline(
  readMs = 2,
  around: (log: Log) => Log = (log) => log,
): SharedPipeline {
  const memory = openMemoryLog();
  const log = sharedGroups(around(memory));
  const store = new MemoryStore();
  const rows = slowly(partitionRows(flights, partitions), readMs);
  const start = (settings: Partial<RunSettings> = {}): Run =>
    runFlights({ log, store, rows, partitions, settings: { batchRows: 20, ...settings } });
  return { log, memory, store, start };
}

/** Waits until the run's status is as wanted, and gives it. */
export async function until(run: Run, holds: (status: RunStatus) => boolean): Promise<RunStatus> {
  let hasEnded = false;
  const end = (): void => {
    hasEnded = true;
  };
  run.finished.then(end, end);
  for (;;) {
    const status = run.status();
    if (status !== undefined && holds(status)) return status;
    if (hasEnded) throw new Error(`the run ended as ${JSON.stringify(status?.group)}`);
    await sleep(1);
  }
}

/** Rows of a source that takes its time, so that runs come and go while it is read. */
function slowly(rows: PartitionRows, readMs: number): Connector {
  const connector = rowsSource(rows);
  return {
    ...connector,
    openSource: async (context) => {
      const source = await connector.openSource?.(context);
      if (source === undefined) throw new Error("rows are a source");
      return {
        ...source,
        openReader: async (partition, position) => {
          const reader = await source.openReader(partition, position);
          return {
            read: async (rowsMax) => {
              await sleep(readMs);
              return reader.read(rowsMax);
            },
            progress: () => reader.progress(),
            close: () => reader.close(),
          };
        },
      };
    },
  };
}
