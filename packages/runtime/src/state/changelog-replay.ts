import { decodeIpc } from "@millrace/columnar";
import {
  atCrashPoints,
  isMillraceError,
  type Json,
  type Log,
  type LogReader,
  millraceError,
  type Offset,
  offset,
  recordOffset,
  recordValue,
  type StateTable,
  yieldToEventLoop,
} from "@millrace/core";
import { readLastRecord } from "../run/last-record.ts";
import {
  type ChangelogRecord,
  decodeChangelogRecord,
  stateDamaged,
} from "../task/changelog-record.ts";

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

/** Where a replay begins, and for whom it is. */
export interface ReplayOptions {
  /**
   * For who follows the partition for long: the image begins anew with each snapshot, so that it
   * holds no more than the changelog does. While a snapshot is read there are two.
   */
  readonly newImage?: () => ChangelogImage;
  /** `start`: where the snapshot before the newest one begins. Default `newest-snapshot`. */
  readonly from?: "newest-snapshot" | "start";
}

/** Other tasks run in the same thread: it is not held for long. */
const readBytesMax = 1024 * 1024;

/** What the records of a changelog come to, up to some record: tables, and what else is known. */
export class ChangelogImage {
  readonly #operators: readonly OperatorTables[];
  /** The last progress record's; undefined after a genesis record alone. */
  progress: Json | undefined;
  /** Whether there was a genesis or a progress record. */
  isKnown = false;
  deltaBytes = 0;
  snapshotBytes = 0;
  /** Of snapshots and deltas; some replace earlier ones. */
  rows = 0;

  /** @param operators their tables, which are empty */
  constructor(operators: readonly OperatorTables[]) {
    this.#operators = operators;
  }

  get sizeBytes(): number {
    let bytes = 0;
    for (const { tables } of this.#operators) for (const table of tables) bytes += table.sizeBytes;
    return bytes;
  }

  apply({ header, payload }: Omit<ChangelogRecord, "isIntact">): void {
    this.isKnown ||= header.kind === "genesis" || header.kind === "progress";
    if (header.kind === "progress") this.progress = header.progress;
    if (header.kind !== "snapshot" && header.kind !== "delta") return;
    const rows = decodeIpc(payload);
    this.rows += rows.numRows;
    tableOf(this.#operators, header).restore(rows);
    if (header.kind === "delta") this.deltaBytes += payload.length;
    else this.snapshotBytes += payload.length;
  }
}

/** Applies the records of one changelog partition to an image, in order. */
export class ChangelogReplay {
  readonly #reader: LogReader;
  readonly #newImage: (() => ChangelogImage) | undefined;
  #image: ChangelogImage;
  /** Of the snapshot that is being read. */
  #next: ChangelogImage | undefined;
  #bytesRead = 0;
  #rowsRead = 0;
  /** Whether the state is known without the snapshot that is being read. */
  #isWhole = false;
  #snapshotAt: Offset;
  #damagedRecords = 0;
  readonly #place: ChangelogPlace;

  private constructor(
    reader: LogReader,
    image: ChangelogImage,
    { place, newImage }: { place: ChangelogPlace; newImage: (() => ChangelogImage) | undefined },
  ) {
    this.#reader = reader;
    this.#image = image;
    this.#newImage = newImage;
    this.#place = place;
    this.#snapshotAt = reader.position;
  }

  /**
   * Begins at the newest whole snapshot, or at the start of the partition.
   *
   * While a damaged snapshot is redundant, as there is an older one, it is left out.
   */
  static async open(
    place: ChangelogPlace,
    image: ChangelogImage,
    { newImage, from = "newest-snapshot" }: ReplayOptions = {},
  ): Promise<ChangelogReplay> {
    const { log, topic, partition } = place;
    const reader = await atCrashPoints("open-changelog", async () => {
      const { start } = await log.bounds(topic, partition);
      const newest = from === "start" ? start : await newestSnapshot(place);
      const first = newest > start ? newest : start;
      return log.openReader(topic, partition, first, { hasOwnChecksums: true });
    });
    return new ChangelogReplay(reader, image, { place, newImage });
  }

  /** Where the newest whole snapshot begins, as far as is known. */
  get snapshotAt(): Offset {
    return this.#snapshotAt;
  }

  /** Damaged parts of snapshots that were left out, as older ones have the same rows. */
  get damagedRecords(): number {
    return this.#damagedRecords;
  }

  get image(): ChangelogImage {
    return this.#image;
  }

  /** Of the next record. */
  get position(): Offset {
    return this.#reader.position;
  }

  get bytesRead(): number {
    return this.#bytesRead;
  }

  /** Of snapshots and deltas. */
  get rowsRead(): number {
    return this.#rowsRead;
  }

  /** Bytes that it holds. */
  get sizeBytes(): number {
    return this.#image.sizeBytes + (this.#next?.sizeBytes ?? 0);
  }

  /** Reads on until the offset, and lets others in meanwhile; no new image is begun any more. */
  async readTo(end: Offset): Promise<void> {
    this.#next = undefined;
    while (this.#reader.position < end) {
      await this.#read(false);
      await yieldToEventLoop();
    }
  }

  /** Applies what one short read gives. @returns false when it was caught up */
  readSome(): Promise<boolean> {
    return this.#read(true);
  }

  async close(): Promise<void> {
    await this.#reader.close();
  }

  async #read(isFollowing: boolean): Promise<boolean> {
    const records = await atCrashPoints("read-changelog", () => this.#reader.read(readBytesMax));
    for (let index = 0; index < records.count; index += 1) {
      const value = recordValue(records, index);
      this.#bytesRead += value.length;
      const { topic, partition } = this.#place;
      const place = { topic, partition, offset: recordOffset(records, index) };
      const record = decodeChangelogRecord(value, place);
      if (record.isIntact) this.#apply(record, isFollowing);
      else if (record.header.kind === "snapshot" && this.#isWhole) this.#leaveOut();
      else throw stateDamaged(place);
    }
    return records.count > 0;
  }

  #leaveOut(): void {
    this.#damagedRecords += 1;
    this.#next = undefined;
  }

  #apply(record: ChangelogRecord, isFollowing: boolean): void {
    const { header } = record;
    const { kind } = header;
    if (kind === "progress") this.#snapshotAt = offset(BigInt(header.snapshotAt));
    this.#isWhole ||= kind === "genesis" || kind === "snapshot-end";
    if (kind === "snapshot-start" && isFollowing) this.#next = this.#newImage?.();
    const { rows } = this.#image;
    this.#image.apply(record);
    this.#rowsRead += this.#image.rows - rows;
    this.#next?.apply(record);
    if (kind !== "snapshot-end" || this.#next === undefined) return;
    const { progress, isKnown } = this.#image;
    this.#image = this.#next;
    this.#next = undefined;
    // The transaction that ends a snapshot has its progress record still to come.
    this.#image.progress ??= progress;
    this.#image.isKnown ||= isKnown;
  }
}

/**
 * As the last progress record says; 0 where there is none, or it is damaged: who reads will see.
 */
async function newestSnapshot({ log, topic, partition }: ChangelogPlace): Promise<Offset> {
  try {
    const bytes = await readLastRecord(log, topic, partition);
    const place = { topic, partition, offset: offset(0) };
    const header = bytes === undefined ? undefined : decodeChangelogRecord(bytes, place).header;
    return offset(header?.kind === "progress" ? BigInt(header.snapshotAt) : 0);
  } catch (error) {
    if (isMillraceError(error) && damageCodes.has(error.code)) return offset(0);
    throw error;
  }
}

const damageCodes: ReadonlySet<string> = new Set(["RUN_STATE_DAMAGED", "LOG_CORRUPT"]);

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
