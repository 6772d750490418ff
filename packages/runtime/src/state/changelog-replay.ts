import { decodeIpc } from "@millrace/columnar";
import {
  type Json,
  type Log,
  type LogReader,
  millraceError,
  type Offset,
  recordValue,
  type StateTable,
} from "@millrace/core";
import { type ChangelogHeader, decodeChangelogRecord } from "../task/changelog-record.ts";

/** The state tables of a task, by operator. */
export interface OperatorTables {
  readonly operatorId: string;
  readonly tables: readonly StateTable[];
}

/** Where a changelog is. */
export interface ChangelogPlace {
  readonly log: Log;
  readonly topic: string;
  readonly partition: number;
}

const readBytesMax = 8 * 1024 * 1024;

/** Applies the records of one changelog partition to a task's tables, in order. */
export class ChangelogReplay {
  readonly #operators: readonly OperatorTables[];
  readonly #reader: LogReader;
  /** The last progress record's; undefined after a genesis record alone. */
  progress: Json | undefined;
  /** Whether there was a genesis or a progress record. */
  isKnown = false;
  deltaBytes = 0;
  snapshotBytes = 0;
  bytesRead = 0;

  private constructor(operators: readonly OperatorTables[], reader: LogReader) {
    this.#operators = operators;
    this.#reader = reader;
  }

  /** Begins at the start of the partition. */
  static async open(
    { log, topic, partition }: ChangelogPlace,
    operators: readonly OperatorTables[],
  ): Promise<ChangelogReplay> {
    const { start } = await log.bounds(topic, partition);
    return new ChangelogReplay(operators, await log.openReader(topic, partition, start));
  }

  /** Reads on until the offset. */
  async readTo(end: Offset): Promise<void> {
    while (this.#reader.position < end) await this.readSome();
  }

  /** Applies what one read gives. @returns false when it was caught up */
  async readSome(): Promise<boolean> {
    const records = await this.#reader.read(readBytesMax);
    for (let index = 0; index < records.count; index += 1) {
      const value = recordValue(records, index);
      this.bytesRead += value.length;
      this.#apply(decodeChangelogRecord(value));
    }
    return records.count > 0;
  }

  async close(): Promise<void> {
    await this.#reader.close();
  }

  #apply({ header, payload }: { header: ChangelogHeader; payload: Uint8Array }): void {
    this.isKnown ||= header.kind === "genesis" || header.kind === "progress";
    if (header.kind === "progress") this.progress = header.progress;
    if (header.kind !== "snapshot" && header.kind !== "delta") return;
    tableOf(this.#operators, header).restore(decodeIpc(payload));
    if (header.kind === "delta") this.deltaBytes += payload.length;
    else this.snapshotBytes += payload.length;
  }
}

function tableOf(
  operators: readonly OperatorTables[],
  header: { operatorId: string; table: string },
): StateTable {
  const operator = operators.find((candidate) => candidate.operatorId === header.operatorId);
  const table = operator?.tables.find((candidate) => candidate.name === header.table);
  if (table !== undefined) return table;
  throw millraceError("RUN_STATE_MISMATCH", {
    pipeline: header.operatorId,
    problem: `the changelog holds a state table ${header.table} that the plan does not have`,
  });
}
