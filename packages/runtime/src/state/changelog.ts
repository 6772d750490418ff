import { encodeIpc } from "@millrace/columnar";
import type { RecordBatch } from "apache-arrow";
import {
  atCrashPoints,
  type Json,
  type Log,
  type LogWriter,
  limits,
  millraceError,
  type Offset,
  offset,
} from "@millrace/core";
import { encodeChangelogRecord } from "../task/changelog-record.ts";
import {
  ChangelogImage,
  ChangelogReplay,
  type OperatorTables,
  type ReplayOptions,
} from "./changelog-replay.ts";

/** Below this, deltas are never worth a new snapshot. */
const deltaBytesMin = 4 * 1024 * 1024;
/** A record of the log has room for this and a header. */
const payloadBytesMax = limits.recordBytesMax / 4;

/**
 * One task's changelog partition: a snapshot followed by deltas, each transaction closed by a
 * progress record.
 *
 * A new snapshot is written chunk by chunk, one per transaction, in key-group order, while deltas
 * go on: rows are new values, so replaying chunks and deltas in log order gives the state whatever
 * stood between them. When it is whole, everything before the snapshot that was the newest until
 * then is truncated: that one stays, for when the newest is damaged. Bytes written stay below twice
 * the deltas: a snapshot starts only when the deltas since the last one outweigh it.
 */
export class Changelog {
  readonly #log: Log;
  readonly #topic: string;
  readonly #partition: number;
  #deltaBytes = 0;
  #snapshotBytes = 0;
  /** Where the running snapshot begins at the earliest, and the next key group to write. */
  #running: { start: Offset; keyGroup: number; bytes: number } | undefined;
  #truncateTo: Offset | undefined;
  /** Where the newest whole snapshot begins; the start of the partition before there is one. */
  #snapshotAt: Offset = offset(0);
  #restored = { rows: 0, bytes: 0, damagedRecords: 0 };

  constructor(log: Log, topic: string, partition: number) {
    this.#log = log;
    this.#topic = topic;
    this.#partition = partition;
  }

  /**
   * Replays the partition into the tables, up to the end read now: call it after the writer has
   * been opened (T1).
   *
   * @param options `warm` has replayed a part of it into the same tables; `from` begins with an
   *   older snapshot where the newest is damaged
   * @returns the last progress record; undefined after a genesis record alone
   * @throws RUN_PROGRESS_MISSING when there is not even a genesis record (T3); RUN_STATE_DAMAGED
   */
  async restore(
    operators: readonly OperatorTables[],
    task: string,
    { warm, from }: { warm?: ChangelogReplay | undefined } & Pick<ReplayOptions, "from"> = {},
  ): Promise<Json | undefined> {
    const { start, end } = await atCrashPoints("find-changelog", () =>
      this.#log.bounds(this.#topic, this.#partition),
    );
    const place = { log: this.#log, topic: this.#topic, partition: this.#partition };
    const image = new ChangelogImage(operators);
    const options = from === undefined ? {} : { from };
    const replay = warm ?? (await ChangelogReplay.open(place, image, options));
    const before = { rows: replay.rowsRead, bytes: replay.bytesRead };
    try {
      await replay.readTo(end);
    } finally {
      await replay.close();
    }
    this.#restored = {
      rows: replay.rowsRead - before.rows,
      bytes: replay.bytesRead - before.bytes,
      damagedRecords: replay.damagedRecords,
    };
    const { deltaBytes, snapshotBytes, isKnown, progress } = replay.image;
    // Of a damaged snapshot nothing is used any more: a new one is due at once.
    const isDamaged = replay.damagedRecords > 0;
    this.#snapshotAt = isDamaged ? start : replay.snapshotAt;
    this.#deltaBytes = isDamaged ? Infinity : deltaBytes;
    this.#snapshotBytes = snapshotBytes;
    if (!isKnown) throw millraceError("RUN_PROGRESS_MISSING", { task });
    return progress;
  }

  /**
   * What `restore` has read, beyond what a warm copy had: rows of snapshots and deltas, some of
   * which replace earlier ones, bytes of all records, and damaged parts of snapshots that were left
   * out.
   */
  get restored(): {
    readonly rows: number;
    readonly bytes: number;
    readonly damagedRecords: number;
  } {
    return this.#restored;
  }

  /**
   * Adds what changed, a chunk of a snapshot if one is due, and the progress to the open
   * transaction.
   */
  append(writer: LogWriter, operators: readonly OperatorTables[], progress: Json): void {
    this.#appendDeltas(writer, operators);
    this.#appendSnapshotChunk(writer, operators);
    const snapshotAt = String(this.#snapshotAt);
    this.#append(writer, encodeChangelogRecord({ kind: "progress", progress, snapshotAt }));
  }

  /** After the commit: removes what the finished snapshot replaces, and begins one that is due. */
  async committed(): Promise<void> {
    const before = this.#truncateTo;
    this.#truncateTo = undefined;
    if (before !== undefined) {
      await atCrashPoints("truncate-changelog", () =>
        this.#log.truncate(this.#topic, this.#partition, before),
      );
    }
    if (this.#running !== undefined) return;
    if (this.#deltaBytes < Math.max(deltaBytesMin, this.#snapshotBytes)) return;
    // Nobody else writes here (T1): the snapshot's first record comes at the end or later.
    const { end } = await atCrashPoints("begin-snapshot", () =>
      this.#log.bounds(this.#topic, this.#partition),
    );
    this.#running = { start: end, keyGroup: 0, bytes: 0 };
    this.#deltaBytes = 0;
  }

  #appendDeltas(writer: LogWriter, operators: readonly OperatorTables[]): void {
    for (const { operatorId, tables } of operators) {
      for (const table of tables) {
        for (const payload of table.takeDelta().flatMap(encodedParts)) {
          this.#deltaBytes += payload.length;
          this.#append(
            writer,
            encodeChangelogRecord({ kind: "delta", operatorId, table: table.name }, payload),
          );
        }
      }
    }
  }

  #appendSnapshotChunk(writer: LogWriter, operators: readonly OperatorTables[]): void {
    const running = this.#running;
    if (running === undefined) return;
    if (running.keyGroup === 0) {
      this.#append(writer, encodeChangelogRecord({ kind: "snapshot-start" }));
    }
    const to = Math.min(limits.keyGroups, running.keyGroup + keyGroupsPerChunk(operators));
    for (const { operatorId, tables } of operators) {
      for (const table of tables) {
        for (const payload of table.snapshot(running.keyGroup, to).flatMap(encodedParts)) {
          running.bytes += payload.length;
          this.#append(
            writer,
            encodeChangelogRecord({ kind: "snapshot", operatorId, table: table.name }, payload),
          );
        }
      }
    }
    running.keyGroup = to;
    if (to < limits.keyGroups) return;
    this.#append(writer, encodeChangelogRecord({ kind: "snapshot-end" }));
    this.#truncateTo = this.#snapshotAt;
    this.#snapshotAt = running.start;
    this.#snapshotBytes = running.bytes;
    this.#running = undefined;
  }

  #append(writer: LogWriter, record: Uint8Array): void {
    writer.append(this.#topic, this.#partition, record);
  }
}

/** Rows as Arrow IPC, in as many parts as a record's bound asks for. */
function encodedParts(rows: RecordBatch): Uint8Array[] {
  const payload = encodeIpc(rows);
  if (payload.length <= payloadBytesMax || rows.numRows <= 1) return [payload];
  const middle = Math.ceil(rows.numRows / 2);
  return [rows.slice(0, middle), rows.slice(middle)].flatMap(encodedParts);
}

/** So many key groups that a chunk holds about `limits.snapshotChunkBytes`. */
function keyGroupsPerChunk(operators: readonly OperatorTables[]): number {
  let bytes = 0;
  for (const { tables } of operators) for (const table of tables) bytes += table.sizeBytes;
  const chunks = Math.max(1, Math.ceil(bytes / limits.snapshotChunkBytes));
  return Math.max(1, Math.ceil(limits.keyGroups / chunks));
}
