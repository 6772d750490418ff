import { batchToRows, int32Column, int64Column, withColumns } from "@millrace/columnar";
import {
  type Clock,
  type DeadLetter,
  type FieldType,
  hiddenColumns,
  isMillraceError,
  type Json,
  type LogPlace,
  type MillraceError,
  type RowSchema,
  type Source,
  type SourceBatch,
  type SourceProgress,
  type SourceReader,
} from "@millrace/core";
import type { SourceInput as PlannedSource, WhenIdle } from "@millrace/plan";
import type { Data, RecordBatch } from "apache-arrow";
import type { TaskListener } from "../run/run-options.ts";
import { BackOff } from "../task/back-off.ts";
import type { SourceFront } from "../watermark/source-front.ts";
import { PartitionWatermark, type SavedWatermark } from "../watermark/partition-watermark.ts";
import {
  eventTimeDeadLetter,
  eventTimeFields,
  EventTimeReader,
  type RefusedRows,
} from "./event-time.ts";
import { Idleness } from "./idleness.ts";
import type { InputRead, TaskInput, TimedPartition } from "./task-input.ts";

/** What the progress record holds of a source partition. */
export interface SourceInputProgress {
  readonly [key: string]: Json;
  readonly source: string;
  readonly partition: number;
  /** Null where the source has none. */
  readonly eventTime: SavedWatermark | null;
  /** Null where it is never idle. */
  readonly idleAfterMs: number | null;
  readonly whenIdle: WhenIdle | null;
  readonly isEnded: boolean;
  readonly isIdle: boolean;
  /** Whether the last read had found nothing. */
  readonly isCaughtUp: boolean;
  readonly rowsRead: number;
  readonly deadLettered: number;
}

/** What a source that others run may fail with for a while. The log's failures are the run's. */
const passing: ReadonlySet<string> = new Set([
  "REGISTRY_UNREACHABLE",
  "STORE_UNREACHABLE",
  "STORE_BUSY",
  "POSTGRES_UNREACHABLE",
  "POSTGRES_BUSY",
]);

const lineageFields: readonly FieldType[] = [
  { name: hiddenColumns.source, type: { kind: "int32", nullable: false } },
  { name: hiddenColumns.partition, type: { kind: "int32", nullable: false } },
  { name: hiddenColumns.offset, type: { kind: "int64", as: "number", nullable: false } },
];

/**
 * One partition of a source as an input of a task: adds `$time`, `$watermark` and lineage, keeps
 * the position.
 */
export class SourcePartitionInput implements TaskInput, TimedPartition {
  readonly counts: { rowsRead: number; deadLettered: number };
  readonly #planned: PlannedSource;
  readonly #partition: number;
  readonly #reader: SourceReader;
  readonly #batchRows: number;
  readonly #eventTime: EventTimeReader | undefined;
  readonly #watermark: PartitionWatermark;
  readonly #idleness: Idleness;
  readonly #clock: Clock;
  readonly #schema: RowSchema;
  /** Hidden columns that a batch gets, by whether it has event time and rows behind it. */
  readonly #fields: (readonly FieldType[])[] = [];
  #position: Json | undefined;
  #isEnded: boolean;
  readonly #backOff: BackOff;
  readonly #onNotice: TaskListener;
  /** Started early, so that the source reads while the task computes. */
  #ahead: Promise<SourceBatch | "caught-up" | "end"> | undefined;

  private constructor(
    options: {
      planned: PlannedSource;
      partition: number;
      batchRows: number;
      clock: Clock;
      onNotice?: TaskListener;
    },
    reader: SourceReader,
    restored: SourceInputProgress | undefined,
  ) {
    const { planned, partition, batchRows, clock } = options;
    this.#clock = clock;
    this.#backOff = new BackOff(clock, partition);
    this.#onNotice = options.onNotice;
    this.#planned = planned;
    this.#partition = partition;
    this.#reader = reader;
    this.#batchRows = batchRows;
    this.#schema = { fields: planned.columns };
    this.#eventTime =
      planned.eventTime === undefined ? undefined : new EventTimeReader(planned.eventTime);
    const { outOfOrdernessMs, idleness } = planned;
    const saved = restored?.eventTime ?? undefined;
    this.#watermark = new PartitionWatermark(outOfOrdernessMs, saved, idleness?.whenResumed);
    const canBeIdle = planned.eventTime === undefined ? undefined : idleness;
    this.#idleness = new Idleness(canBeIdle, clock, restored?.isIdle ?? false);
    this.#position = restored?.["position"];
    this.#isEnded = restored?.isEnded ?? false;
    this.counts = {
      rowsRead: restored?.rowsRead ?? 0,
      deadLettered: restored?.deadLettered ?? 0,
    };
  }

  static async open(options: {
    planned: PlannedSource;
    source: Source;
    partition: number;
    batchRows: number;
    clock: Clock;
    restored: Json | undefined;
    onNotice?: TaskListener;
  }): Promise<SourcePartitionInput> {
    const { source, partition } = options;
    const restored = options.restored as SourceInputProgress | undefined;
    const reader = await source.openReader(partition, restored?.["position"]);
    return new SourcePartitionInput(options, reader, restored);
  }

  get watermark(): number {
    if (this.#isEnded) return Infinity;
    return this.#watermark.watermark;
  }

  get partitions(): readonly TimedPartition[] {
    return this.#eventTime === undefined ? [] : [this];
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  get isIdle(): boolean {
    return this.#idleness.isIdle;
  }

  get isCaughtUp(): boolean {
    return this.#idleness.isCaughtUp;
  }

  get eventTime(): number {
    return this.#watermark.time;
  }

  follow(front: SourceFront): boolean {
    if (!this.isIdle) return false;
    if (front.time < Infinity) return this.#watermark.follow(front.time);
    // All are idle: the furthest has been there first, whichever became idle first.
    const isAdvancing = this.#planned.idleness?.whenIdle === "advance";
    const now = isAdvancing ? this.#clock.now() : -Infinity;
    return this.#watermark.follow(Math.max(front.idleTime, now));
  }

  get logPlaces(): readonly LogPlace[] {
    if (this.#position === undefined || this.#reader.logPlace === undefined) return [];
    return [this.#reader.logPlace(this.#position)];
  }

  get sourceProgress(): SourceProgress {
    return this.#reader.progress();
  }

  async read(): Promise<InputRead> {
    const isFresh = this.#ahead === undefined;
    const batch = await this.#readOrWait();
    if (batch === "waiting") return { kind: "caught-up", isNews: false };
    if (batch === "end") {
      this.#isEnded = true;
      return { kind: "end" };
    }
    if (batch === "caught-up") {
      const { isIdle, isCaughtUp } = this;
      this.#idleness.foundNothing(isFresh);
      const isNews = this.#eventTime !== undefined && (!isCaughtUp || this.isIdle !== isIdle);
      return { kind: "caught-up", isNews };
    }
    this.#idleness.foundRows();
    this.#readAhead();
    const deadLetters = [...batch.deadLetters];
    const rows = this.#withHiddenColumns(batch, deadLetters);
    const { skipped } = batch;
    // Lateness is decided by every record: those left out move the watermark as if they were here.
    if (skipped?.eventTimeMax !== undefined) this.#watermark.pass(skipped.eventTimeMax);
    this.#position = batch.position;
    this.counts.rowsRead += batch.rows.numRows + batch.deadLetters.length + (skipped?.count ?? 0);
    this.counts.deadLettered += deadLetters.length;
    const { traceParents } = batch;
    return { kind: "rows", batches: rows.numRows > 0 ? [rows] : [], deadLetters, traceParents };
  }

  progress(): Json {
    return {
      ...(this.#position === undefined ? {} : { position: this.#position }),
      source: this.#planned.sourceId,
      partition: this.#partition,
      eventTime: this.#eventTime !== undefined ? this.#watermark.toJson() : null,
      idleAfterMs: this.#planned.idleness?.afterMs ?? null,
      whenIdle: this.#planned.idleness?.whenIdle ?? null,
      isEnded: this.#isEnded,
      isIdle: this.isIdle,
      isCaughtUp: this.isCaughtUp,
      ...this.counts,
    };
  }

  async committed(): Promise<void> {}

  async close(): Promise<void> {
    await Promise.allSettled([this.#ahead]);
    await this.#reader.close();
  }

  /** `waiting` while the source is out of reach: what it has comes when it can be reached again. */
  async #readOrWait(): Promise<SourceBatch | "caught-up" | "end" | "waiting"> {
    if (this.#backOff.isWaiting) return "waiting";
    try {
      const batch = await (this.#ahead ?? this.#reader.read(this.#batchRows));
      this.#backOff.succeeded();
      return batch;
    } catch (error) {
      if (!isMillraceError(error) || !passing.has(error.code)) throw error;
      this.#tellFailure(error);
      return "waiting";
    } finally {
      this.#ahead = undefined;
    }
  }

  #tellFailure({ code, message: reason }: MillraceError): void {
    const source = this.#planned.sourceId;
    const delayMs = this.#backOff.failed();
    const { failures } = this.#backOff;
    const partition = this.#partition;
    this.#onNotice?.({ kind: "source-failed", source, partition, code, reason, failures, delayMs });
  }

  #readAhead(): void {
    this.#ahead = this.#reader.read(this.#batchRows);
    // A failure is reported by the read that takes this promise; until then it is not unhandled.
    this.#ahead.catch(() => undefined);
  }

  #withHiddenColumns(batch: SourceBatch, deadLetters: DeadLetter[]): RecordBatch {
    let rows = batch.rows;
    let hasTime = false;
    let isBehind = false;
    const columns: Data[] = [];
    let offsetOf = (row: number): number => batch.firstOffset + (batch.recordIndex?.[row] ?? row);
    if (this.#eventTime !== undefined && rows.numRows > 0) {
      const { futureLimitMs = Infinity } = this.#planned;
      const latest = futureLimitMs === Infinity ? Infinity : this.#clock.now() + futureLimitMs;
      const read = this.#eventTime.read(rows, latest);
      if (read.refused !== undefined) {
        this.#refuse(batch, read.refused, deadLetters);
        offsetOf = offsetsWithout(read.refused.rows, offsetOf, batch.rows.numRows);
      }
      rows = read.batch;
      hasTime = true;
      const behind = this.#watermark.advance(read.times, rows.numRows);
      columns.push(int64Column(read.times, rows.numRows));
      if (behind !== undefined) {
        isBehind = true;
        columns.push(int64Column(behind, rows.numRows, validity(behind)));
      }
    }
    if (this.#planned.hasLineage) {
      columns.push(...this.#lineage(rows.numRows, offsetOf));
    }
    if (columns.length === 0) return rows;
    return withColumns(rows, this.#hiddenFields(hasTime, isBehind), columns);
  }

  /** The same array each time, since layouts are remembered by it. */
  #hiddenFields(hasTime: boolean, isBehind: boolean): readonly FieldType[] {
    const index = (hasTime ? 1 : 0) + (isBehind ? 2 : 0);
    this.#fields[index] ??= [
      ...(hasTime ? [eventTimeFields.time] : []),
      ...(isBehind ? [eventTimeFields.watermark] : []),
      ...(this.#planned.hasLineage ? lineageFields : []),
    ];
    return this.#fields[index];
  }

  #lineage(count: number, offsetOf: (row: number) => number): Data[] {
    const offsets = new Float64Array(count);
    for (let row = 0; row < count; row += 1) offsets[row] = offsetOf(row);
    return [
      int32Column(new Int32Array(count).fill(this.#planned.sourceIndex), count),
      int32Column(new Int32Array(count).fill(this.#partition), count),
      int64Column(offsets, count),
    ];
  }

  #refuse(batch: SourceBatch, refused: RefusedRows, deadLetters: DeadLetter[]): void {
    const rows = batchToRows(this.#schema, batch.rows);
    refused.rows.forEach((row, index) => {
      const place = {
        sourceId: this.#planned.sourceId,
        partition: this.#partition,
        offset: batch.firstOffset + (batch.recordIndex?.[row] ?? row),
        raw: JSON.stringify(rows[row], (_, value: unknown) =>
          typeof value === "bigint" ? value.toString() : value,
        ),
        futureLimitMs: this.#planned.futureLimitMs,
      };
      deadLetters.push(eventTimeDeadLetter(refused.times[index] as number, place));
    });
  }
}

function validity(values: Float64Array): Uint8Array {
  const isValid = new Uint8Array(values.length);
  for (let row = 0; row < values.length; row += 1) isValid[row] = Number.isNaN(values[row]) ? 0 : 1;
  return isValid;
}

/** Offsets of the rows that stay when some are left out. */
function offsetsWithout(
  refused: Int32Array,
  offsetOf: (row: number) => number,
  rowCount: number,
): (row: number) => number {
  const left = new Set(refused);
  const kept: number[] = [];
  for (let row = 0; row < rowCount; row += 1) if (!left.has(row)) kept.push(offsetOf(row));
  return (row) => kept[row] as number;
}
