import {
  isMillraceError,
  type Log,
  offset,
  type Offset,
  recordOffset,
  seededRandom,
} from "@millrace/core";
import {
  type FaultKind,
  formatFault,
  openSimulatedLog,
  parseFault,
  randomFaults,
  scriptedFaults,
  SimulatedClock,
  type SimulatedLog,
  survivedFaults,
} from "@millrace/log/simulated";
import { describe, expect, test } from "vitest";

const topic = "p.changes.changelog";

/** A log on which one fault happens, its clock, and a writer's commit of one record. */
async function opened(script: readonly string[]): Promise<{
  readonly log: SimulatedLog;
  readonly clock: SimulatedClock;
  commit(): Promise<string>;
  inTime<Value>(work: Promise<Value>): Promise<Value>;
}> {
  const clock = new SimulatedClock();
  const faults = scriptedFaults(script.flatMap((line) => parseFault(line) ?? []));
  const log = openSimulatedLog({ clock, faults, wayMs: () => 1 });
  const inTime = async <Value>(work: Promise<Value>): Promise<Value> => {
    expect(await clock.run(work, clock.monotonicMs() + 60_000)).toBe(true);
    return work;
  };
  await inTime(log.createTopic({ name: topic, partitions: 1, kind: "changelog" }));
  const membership = await inTime(log.joinGroup("p"));
  const writer = await inTime(log.openWriter("w", membership));
  const commit = (): Promise<string> => {
    writer.append(topic, 0, Uint8Array.of(1, 2, 3));
    return codeOf(writer.commit());
  };
  return { log, clock, commit, inTime };
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "done";
  } catch (error) {
    if (!isMillraceError(error)) throw error;
    return error.code;
  }
}

async function offsets(log: Log): Promise<Offset[]> {
  const { start, end } = await log.bounds(topic, 0);
  const reader = await log.openReader(topic, 0, start);
  const found: Offset[] = [];
  while (reader.position < end) {
    const records = await reader.read(1_000);
    for (let at = 0; at < records.count; at += 1) found.push(recordOffset(records, at));
  }
  return found;
}

test("marks of transactions take offsets", async () => {
  const { log, commit, inTime } = await opened([]);
  await inTime(commit());
  await inTime(commit());
  expect(await inTime(offsets(log))).toEqual([0n, 2n]);
});

describe("a commit", () => {
  test.each([
    ["lose-response 0 at commit w #1", "LOG_COMMIT_INDEFINITE", 1],
    ["lose-request 0 at commit w #1", "LOG_COMMIT_INDEFINITE", 0],
    [`lose-request 0 at produce ${topic}/0 #1`, "LOG_COMMIT_ABORTED", 0],
    [`no-space 500 at produce ${topic}/0 #1`, "LOG_STORAGE_FAILED", 0],
    ["duplicate 50 at commit w #1", "done", 1],
    [`duplicate 50 at produce ${topic}/0 #1`, "done", 1],
    ["broker-roll 500 at commit w #1", "done", 1],
    ["broker-roll 5000 at commit w #1", "LOG_COMMIT_INDEFINITE", 0],
  ])("under %s is %s", async (line, code, records) => {
    const { log, commit, clock, inTime } = await opened([line]);
    expect(await inTime(commit())).toBe(code);
    await inTime(clock.sleep(20_000));
    expect(await inTime(offsets(log))).toHaveLength(records);
  });
});

test("a transaction that nobody ends holds readers back until it is aborted", async () => {
  const { log, commit, clock, inTime } = await opened(["lose-request 0 at commit w #1"]);
  await inTime(commit());
  const other = await inTime(log.openWriter("other", await inTime(log.joinGroup("others"))));
  other.append(topic, 0, Uint8Array.of(9));
  const reading = log.openIn("reader");
  await inTime(other.commit());
  expect((await inTime(reading.bounds(topic, 0))).end).toBe(0n);
  await inTime(clock.sleep(10_000));
  await inTime(reading.bounds(topic, 0));
  await inTime(clock.sleep(100));
  expect(await inTime(offsets(reading))).toEqual([1n]);
});

test("who writes reads what it has committed, however late the marks are", async () => {
  const { log, commit, inTime } = await opened([`late-marks 3000 at marks of ${topic}/0 #1`]);
  await inTime(commit());
  expect((await inTime(log.openIn("other").bounds(topic, 0))).end).toBe(0n);
  expect((await inTime(log.bounds(topic, 0))).end).toBe(2n);
});

test("a process that crashes hears nothing any more, but what it sent arrives", async () => {
  const { log, commit, clock } = await opened(["crash-after 0 at commit w #1"]);
  const committing = commit();
  await clock.run(log.process.died, 60_000);
  expect(log.process.isDead).toBe(true);
  const other = log.openIn("other");
  await clock.run(clock.sleep(100), Infinity);
  const reading = offsets(other);
  expect(await clock.run(reading, 60_000)).toBe(true);
  expect(await reading).toEqual([0n]);
  const hasSettled = await Promise.race([committing.then(() => true), Promise.resolve(false)]);
  expect(hasSettled).toBe(false);
});

test("who stood still is too late", async () => {
  const { log, commit, inTime } = await opened(["stall 5000 at commit w #1"]);
  const committing = commit();
  const successor = log.openIn("successor");
  await inTime(successor.openWriter("w", await inTime(successor.joinGroup("p"))));
  expect(await inTime(committing)).toBe("LOG_WRITER_FENCED");
});

test.each([
  [`flip-bit 0 at read ${topic}/0 #1`, "LOG_CORRUPT"],
  [`tear-record 0 at read ${topic}/0 #1`, "LOG_CORRUPT"],
  [`lose-prefix 0 at read ${topic}/0 #1`, "LOG_OFFSET_OUT_OF_RANGE"],
])("a read under %s is %s", async (line, code) => {
  const { log, commit, inTime } = await opened([line]);
  await inTime(commit());
  await inTime(log.bounds(topic, 0));
  const reader = await log.openReader(topic, 0, offset(0));
  expect(await inTime(codeOf(reader.read(1_000)))).toBe(code);
});

test("a changelog that has lost its progress is empty", async () => {
  const { log, commit, inTime } = await opened([`lose-progress 0 at bounds ${topic}/0 #2`]);
  await inTime(commit());
  expect((await inTime(log.bounds(topic, 0))).end).toBe(2n);
  expect((await inTime(log.openIn("other").bounds(topic, 0))).end).toBe(0n);
});

test("faults at random are the same for the same seed, and no more than wanted", () => {
  const kinds: readonly FaultKind[] = survivedFaults;
  const draw = (seed: number): string[] => {
    const plan = randomFaults(seededRandom(seed), { kinds, chance: 0.3, faultsMax: 5 });
    return Array.from({ length: 100 }, (_, at) => {
      const point = { name: "read a/0", kind: "read", count: at + 1 } as const;
      const fault = plan(point);
      return fault === undefined ? [] : [formatFault({ ...fault, ...point, kind: fault.kind })];
    }).flat();
  };
  expect(draw(3)).toEqual(draw(3));
  expect(draw(3)).toHaveLength(5);
  expect(draw(4)).not.toEqual(draw(3));
  for (const line of draw(3)) expect(formatFault(parseFault(line)!)).toBe(line);
});
