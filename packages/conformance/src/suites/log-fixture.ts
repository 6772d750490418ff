import {
  type GroupMembership,
  isMillraceError,
  type Log,
  type LogReader,
  type Offset,
  offset,
  recordOffset,
  type RecordRanges,
  recordValue,
} from "@millrace/core";

/** A fresh log, and how to open it again and to remove it. */
export interface LogUnderTest {
  readonly log: Log;
  /** Closes the log and opens it again, with what was acknowledged. */
  reopen(): Promise<Log>;
  cleanUp(): Promise<void>;
}

/** What a check works on. */
export interface Fixture extends LogUnderTest {
  readonly membership: GroupMembership;
}

/** A check: its sentence names it. */
export type Check = (fixture: Fixture) => Promise<void>;

/** The topic of each check, with two partitions. */
export const topic = "readings";

/** Commits values to a partition, each a record. */
export async function write(
  f: Fixture,
  partition: number,
  values: readonly string[],
): Promise<void> {
  const writer = await f.log.openWriter("w", f.membership);
  for (const value of values) writer.append(topic, partition, bytes(value));
  await writer.commit();
  await writer.close();
}

/** The committed values of both partitions. */
export async function contents(log: Log): Promise<string[][]> {
  const first = await drain(await log.openReader(topic, 0, offset(0)));
  return [first, await drain(await log.openReader(topic, 1, offset(0)))];
}

/** The offsets of the records from one on. */
export async function offsetsFrom(log: Log, from: Offset): Promise<Offset[]> {
  const offsets: Offset[] = [];
  const reader = await log.openReader(topic, 0, from);
  for (;;) {
    const records = await reader.read(1_000_000);
    if (records.count === 0) break;
    for (let index = 0; index < records.count; index++) offsets.push(recordOffset(records, index));
  }
  await reader.close();
  return offsets;
}

/** All that a reader gives, in small reads. */
export async function drain(reader: LogReader): Promise<string[]> {
  const values: string[] = [];
  for (;;) {
    const records = await reader.read(64);
    if (records.count === 0) break;
    for (let index = 0; index < records.count; index++) {
      values.push(text(recordValue(records, index)));
    }
  }
  await reader.close();
  return values;
}

/** The code of the error that it ends with; undefined where there is none. */
export async function codeOf(outcome: Promise<unknown>): Promise<string | undefined> {
  try {
    await outcome;
    return undefined;
  } catch (error) {
    if (!isMillraceError(error)) throw error;
    return error.code;
  }
}

/** Values over one buffer. */
export function rangesOf(values: readonly string[]): RecordRanges {
  const valueLength = Int32Array.from(values, (value) => value.length);
  const valueStart = new Int32Array(values.length);
  for (let index = 1; index < values.length; index++) {
    valueStart[index] = (valueStart[index - 1] ?? 0) + (valueLength[index - 1] ?? 0);
  }
  return { count: values.length, buffer: bytes(values.join("")), valueStart, valueLength };
}

/** As UTF-8. */
export function bytes(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

/** From UTF-8. */
export function text(value: Uint8Array): string {
  return new TextDecoder().decode(value);
}
