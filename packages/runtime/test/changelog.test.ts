import { columnOf, hashColumns, readInt64, rowsToBatch } from "@millrace/columnar";
import {
  isMillraceError,
  keyGroupOf,
  type Log,
  type LogRecords,
  type LogWriter,
  type Offset,
  offset,
  recordOffset,
  recordValue,
  type RowSchema,
  seededRandom,
  type StateTable,
} from "@millrace/core";
import { openMemoryLog } from "@millrace/log";
import type { RecordBatch } from "apache-arrow";
import { expect, test } from "vitest";
import { Changelog } from "../src/state/changelog.ts";
import { ChangelogImage, ChangelogReplay } from "../src/state/changelog-replay.ts";
import { decodeChangelogRecord, encodeChangelogRecord } from "../src/task/changelog-record.ts";

const schema: RowSchema = {
  fields: [
    { name: "$keyGroup", type: { kind: "int32", nullable: false } },
    { name: "key", type: { kind: "int32", nullable: false } },
    { name: "value", type: { kind: "int64", as: "number", nullable: false } },
    { name: "ballast", type: { kind: "utf8", nullable: false } },
  ],
};
const ballast = "x".repeat(20_000);

/** The smallest table that keeps the contract: a value per key, heavy enough for snapshots. */
class ValueTable implements StateTable {
  readonly name = "values";
  readonly values = new Map<number, number>();
  readonly #changed = new Set<number>();

  set(key: number, value: number): void {
    this.values.set(key, value);
    this.#changed.add(key);
  }

  takeDelta(): readonly RecordBatch[] {
    const rows = this.#rows([...this.#changed]);
    this.#changed.clear();
    return rows;
  }

  snapshot(from: number, to: number): readonly RecordBatch[] {
    return this.#rows([...this.values.keys()].filter((k) => groupOf(k) >= from && groupOf(k) < to));
  }

  restore(rows: RecordBatch): void {
    const keys = columnOf(rows, "key").values as Int32Array;
    const values = readInt64(columnOf(rows, "value"));
    for (let row = 0; row < rows.numRows; row += 1) {
      this.values.set(keys[row] as number, values[row] as number);
    }
  }

  restored(): void {}

  get rowCount(): number {
    return this.values.size;
  }

  get sizeBytes(): number {
    return this.values.size * ballast.length;
  }

  #rows(keys: readonly number[]): readonly RecordBatch[] {
    if (keys.length === 0) return [];
    const rows = keys.map((key) => ({
      $keyGroup: groupOf(key),
      key,
      value: this.values.get(key) ?? 0,
      ballast,
    }));
    return [rowsToBatch(schema, rows)];
  }
}

function groupOf(key: number): number {
  const one: RowSchema = { fields: [{ name: "key", type: { kind: "int32", nullable: false } }] };
  const batch = rowsToBatch(one, [{ key }]);
  return keyGroupOf(hashColumns([columnOf(batch, "key")], 1)[0] as number);
}

async function openTask(log: Log): Promise<{
  table: ValueTable;
  changelog: Changelog;
  writer: LogWriter;
  progress: unknown;
}> {
  const writer = await log.openWriter("task", await log.joinGroup("test"));
  const table = new ValueTable();
  const changelog = new Changelog(log, "changelog", 0);
  const progress = await changelog.restore([{ operatorId: "op", tables: [table] }], "task");
  return { table, changelog, writer, progress };
}

async function newLog(): Promise<Log> {
  const log = openMemoryLog();
  await log.createTopic({ name: "changelog", partitions: 1, kind: "changelog" });
  const writer = await log.openWriter("genesis", await log.joinGroup("test"));
  writer.append("changelog", 0, encodeChangelogRecord({ kind: "genesis", generation: 1 }));
  await writer.commit();
  return log;
}

test("state and progress come back from any commit on, through snapshots and truncation", async () => {
  const log = await newLog();
  const expected = new Map<number, number>();
  let { table, changelog, writer } = await openTask(log);
  let truncations = 0;
  for (let commit = 0; commit < 120; commit += 1) {
    for (let change = 0; change < 10; change += 1) {
      const key = (commit * 7 + change * 13) % 97;
      table.set(key, commit * 100 + change);
      expected.set(key, commit * 100 + change);
    }
    const tables = [{ operatorId: "op", tables: [table] }];
    const before = (await log.bounds("changelog", 0)).start;
    changelog.append(writer, tables, { commit });
    await writer.commit();
    // A restart between the commit and the truncation loses nothing either.
    if (commit % 11 !== 5) await changelog.committed();
    if ((await log.bounds("changelog", 0)).start > before) truncations += 1;
    if (commit % 5 === 0) {
      const reopened = await openTask(log);
      expect(reopened.table.values).toEqual(expected);
      expect(reopened.progress).toEqual({ commit });
      ({ table, changelog, writer } = reopened);
    }
  }
  expect(truncations).toBeGreaterThan(0);
});

test("a changelog of much written state stays in proportion to live state", async () => {
  const log = await newLog();
  const { table, changelog, writer } = await openTask(log);
  let written = 0;
  for (let commit = 0; commit < 300; commit += 1) {
    for (let key = 0; key < 20; key += 1) table.set(key, commit);
    changelog.append(writer, [{ operatorId: "op", tables: [table] }], { commit });
    written += writer.pendingBytes;
    await writer.commit();
    await changelog.committed();
  }
  const deltas = 300 * 20 * ballast.length;
  expect(written).toBeLessThan(2 * deltas);
  const { start, end } = await log.bounds("changelog", 0);
  const reader = await log.openReader("changelog", 0, start);
  let held = 0;
  while (reader.position < end) held += (await reader.read(1_000_000)).buffer.length;
  // At most two snapshots' worth of deltas (4 MB each at the least) and the snapshot itself.
  expect(held).toBeLessThan(13_000_000);
  expect(offset(start) > 0n).toBe(true);
});

test("a commit of more state than a record may hold comes back whole", async () => {
  const log = await newLog();
  const { table, changelog, writer } = await openTask(log);
  // Of 20 kB each: more than the 64 MiB that one part may have.
  for (let key = 0; key < 3_500; key += 1) table.set(key, key);
  changelog.append(writer, [{ operatorId: "op", tables: [table] }], { commit: 1 });
  await writer.commit();
  const { end } = await log.bounds("changelog", 0);
  expect(end).toBe(4n);
  expect((await openTask(log)).table.values).toEqual(table.values);
});

/** A real log of which one bit is another one, whenever it is read. */
function withFlippedBit(log: Log, flip: { offset: Offset; byte: number; bit: number }): Log {
  const openReader: Log["openReader"] = async (...place) => {
    const reader = await log.openReader(...place);
    const read = async (bytesMax: number): Promise<LogRecords> => {
      const records = await reader.read(bytesMax);
      const index = Number(flip.offset - records.baseOffset);
      if (index < 0 || index >= records.count) return records;
      const buffer = Uint8Array.from(records.buffer);
      const at = (records.valueStart[index] as number) + flip.byte;
      buffer[at] = (buffer[at] as number) ^ (1 << flip.bit);
      return { ...records, buffer };
    };
    return {
      read,
      close: () => reader.close(),
      get position() {
        return reader.position;
      },
    };
  };
  return Object.assign(Object.create(log) as Log, {
    openReader,
    bounds: (topic: string, partition: number) => log.bounds(topic, partition),
  });
}

/** A changelog with two snapshots, the state that it comes to, and where its records are. */
async function longChangelog(): Promise<{
  log: Log;
  expected: ReadonlyMap<number, number>;
  records: { offset: Offset; kind: string; sizeBytes: number }[];
}> {
  const log = await newLog();
  const { table, changelog, writer } = await openTask(log);
  for (let commit = 0; commit < 40; commit += 1) {
    for (let key = 0; key < 20; key += 1) table.set((commit * 7 + key) % 60, commit);
    changelog.append(writer, [{ operatorId: "op", tables: [table] }], { commit });
    await writer.commit();
    await changelog.committed();
  }
  const { start, end } = await log.bounds("changelog", 0);
  const reader = await log.openReader("changelog", 0, start);
  const records = [];
  while (reader.position < end) {
    const read = await reader.read(1_000_000);
    for (let index = 0; index < read.count; index += 1) {
      const value = recordValue(read, index);
      const at = recordOffset(read, index);
      const place = { topic: "changelog", partition: 0, offset: at };
      const { kind } = decodeChangelogRecord(value, place).header;
      records.push({ offset: at, kind, sizeBytes: value.length });
    }
  }
  return { log, expected: table.values, records };
}

/** What comes back of a changelog: the state, or the code of the error. */
async function restored(
  log: Log,
  from: "newest-snapshot" | "start",
): Promise<{ values: ReadonlyMap<number, number>; damagedRecords: number } | string> {
  const table = new ValueTable();
  const changelog = new Changelog(log, "changelog", 0);
  try {
    await changelog.restore([{ operatorId: "op", tables: [table] }], "task", { from });
    return { values: table.values, damagedRecords: changelog.restored.damagedRecords };
  } catch (error) {
    if (!isMillraceError(error)) throw error;
    return error.code;
  }
}

test("of a damaged snapshot nothing is used: the one before it gives the same state", async () => {
  const { log, expected, records } = await longChangelog();
  expect(await restored(log, "newest-snapshot")).toEqual({ values: expected, damagedRecords: 0 });
  const newest = records.findLastIndex(({ kind }) => kind === "snapshot");
  const { offset: at, sizeBytes } = records[newest] as (typeof records)[number];
  const damaged = withFlippedBit(log, { offset: at, byte: sizeBytes - 100, bit: 3 });
  expect(await restored(damaged, "newest-snapshot")).toBe("RUN_STATE_DAMAGED");
  expect(await restored(damaged, "start")).toEqual({ values: expected, damagedRecords: 1 });
});

test("a flipped bit gives the right state or an error, and never another state", async () => {
  const { log, expected, records } = await longChangelog();
  const random = seededRandom(38);
  const below = (end: number): number => Math.floor(random.next() * end);
  const outcomes = { newest: 0, older: 0, refused: 0 };
  for (let flip = 0; flip < 40; flip += 1) {
    const { offset: at, sizeBytes } = records[below(records.length)] as (typeof records)[number];
    const damaged = withFlippedBit(log, { offset: at, byte: below(sizeBytes), bit: below(8) });
    const newest = await restored(damaged, "newest-snapshot");
    const found = newest === "RUN_STATE_DAMAGED" ? await restored(damaged, "start") : newest;
    if (found === "RUN_STATE_DAMAGED") outcomes.refused += 1;
    else {
      expect(found).toMatchObject({ values: expected });
      outcomes[newest === found ? "newest" : "older"] += 1;
    }
  }
  expect(Math.min(...Object.values(outcomes))).toBeGreaterThan(0);
});

/** A copy that follows the changelog, with the tables of its images. */
async function openCopy(log: Log): Promise<{
  replay: ChangelogReplay;
  tableOf(image: ChangelogImage): ValueTable;
  images(): number;
}> {
  const tables = new Map<ChangelogImage, ValueTable>();
  const newImage = (): ChangelogImage => {
    const table = new ValueTable();
    const image = new ChangelogImage([{ operatorId: "op", tables: [table] }]);
    tables.set(image, table);
    return image;
  };
  const place = { log, topic: "changelog", partition: 0 };
  const replay = await ChangelogReplay.open(place, newImage(), { newImage });
  return {
    replay,
    tableOf: (image) => tables.get(image) ?? new ValueTable(),
    images: () => tables.size,
  };
}

test("a copy that follows has the state at any commit, and begins anew with each snapshot", async () => {
  const log = await newLog();
  const { table, changelog, writer } = await openTask(log);
  const expected = new Map<number, number>();
  let copy = await openCopy(log);
  let renewals = 0;
  for (let commit = 0; commit < 120; commit += 1) {
    for (let change = 0; change < 10; change += 1) {
      const key = (commit * 7 + change * 13) % 97;
      table.set(key, commit);
      expected.set(key, commit);
    }
    changelog.append(writer, [{ operatorId: "op", tables: [table] }], { commit });
    await writer.commit();
    await changelog.committed();
    if (commit % 3 === 0) while (await copy.replay.readSome());
    if (commit % 20 !== 19) continue;
    renewals += copy.images() - 1;
    await copy.replay.readTo((await log.bounds("changelog", 0)).end);
    const { image } = copy.replay;
    expect(copy.tableOf(image).values).toEqual(expected);
    expect([image.isKnown, image.progress]).toEqual([true, { commit }]);
    await copy.replay.close();
    copy = await openCopy(log);
  }
  expect(renewals).toBeGreaterThan(0);
});

test("a copy holds no more than the changelog does", async () => {
  const log = await newLog();
  const { table, changelog, writer } = await openTask(log);
  const copy = await openCopy(log);
  for (let commit = 0; commit < 200; commit += 1) {
    // Keys close for good, as those of windows do, without a record that says so.
    for (let key = commit * 4; key < commit * 4 + 4; key += 1) table.set(key, commit);
    for (const key of table.values.keys()) if (key < commit * 4 - 80) table.values.delete(key);
    changelog.append(writer, [{ operatorId: "op", tables: [table] }], { commit });
    await writer.commit();
    await changelog.committed();
    while (await copy.replay.readSome());
  }
  expect(copy.tableOf(copy.replay.image).values.size).toBeLessThan(400);
});
