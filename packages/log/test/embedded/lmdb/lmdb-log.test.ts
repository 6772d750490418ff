import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { logSuite } from "@millrace/conformance";
import { type Log, offset, recordValue, seededRandom } from "@millrace/core";
import { openLmdbLog } from "@millrace/log";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { bundleScript, removeBundle, startScript } from "./child-process.ts";

for (const sync of ["always", "os"] as const) {
  logSuite({
    name: `the LMDB log with sync "${sync}"`,
    open: async () => {
      const directory = await mkdtemp(join(tmpdir(), "millrace-log-"));
      const log = await openLmdbLog({ directory, sync });
      let current = log;
      return {
        log,
        reopen: async () => {
          await current.close();
          current = await openLmdbLog({ directory, sync });
          return current;
        },
        cleanUp: async () => {
          await current.close();
          await rm(directory, { recursive: true });
        },
      };
    },
  });
}

describe("the LMDB log in its directory", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "millrace-log-"));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it("fences a writer of another opening of the directory", async () => {
    const first = await openLmdbLog({ directory });
    await first.createTopic({ name: "t", partitions: 1, kind: "records" });
    const membership = await first.joinGroup("g");
    const older = await first.openWriter("w", membership);
    const second = await openLmdbLog({ directory });
    await second.openWriter("w", membership);
    older.append("t", 0, Uint8Array.of(1));
    await expect(older.commit()).rejects.toMatchObject({ code: "LOG_WRITER_FENCED" });
    await second.close();
    expect(await first.bounds("t", 0)).toEqual({ start: 0n, end: 0n });
    await first.close();
  });

  it.each(["by itself", "together with others"])(
    "finds a flipped bit in a record that was appended %s",
    async (how) => {
      const value = Uint8Array.from({ length: 300 }, (_, index) => (index * 7) % 251);
      const count = how === "by itself" ? 1 : 3;
      const buffer = Buffer.concat(Array.from({ length: count }, () => value));
      const valueStart = Int32Array.from({ length: count }, (_, index) => index * value.length);
      const valueLength = new Int32Array(count).fill(value.length);
      const log = await openLmdbLog({ directory });
      await log.createTopic({ name: "t", partitions: 1, kind: "records" });
      const writer = await log.openWriter("w", await log.joinGroup("g"));
      writer.appendAll("t", 0, { count, buffer, valueStart, valueLength });
      await writer.commit();
      await log.close();
      const path = join(directory, "data.mdb");
      const file = await readFile(path);
      const at = file.indexOf(value);
      file[at + 150] = (file[at + 150] as number) ^ 4;
      await writeFile(path, file);
      const damaged = await openLmdbLog({ directory });
      const reader = await damaged.openReader("t", 0, offset(0));
      await expect(reader.read(1000)).rejects.toMatchObject({
        code: "LOG_CORRUPT",
        params: { topic: "t", partition: 0, problem: "its checksum is wrong" },
      });
      await damaged.close();
    },
  );

  it("reports a path that cannot be a directory as LOG_STORAGE_FAILED", async () => {
    const file = join(directory, "file");
    await writeFile(file, "");
    const opening = openLmdbLog({ directory: join(file, "log") });
    await expect(opening).rejects.toMatchObject({ code: "LOG_STORAGE_FAILED" });
  });

  it("does not grow when as much is truncated as is appended together", async () => {
    const log = await openLmdbLog({ directory });
    await log.createTopic({ name: "t", partitions: 1, kind: "records" });
    const writer = await log.openWriter("w", await log.joinGroup("g"));
    const count = 4_000;
    const valueStart = Int32Array.from({ length: count }, (_, index) => index * 256);
    const valueLength = new Int32Array(count).fill(256);
    const values = { count, buffer: new Uint8Array(count * 256).fill(7), valueStart, valueLength };
    const sizes: number[] = [];
    for (let round = 0; round < 60; round++) {
      writer.appendAll("t", 0, values);
      await writer.commit();
      await log.truncate("t", 0, (await log.bounds("t", 0)).end);
      if (round % 20 === 19) sizes.push((await stat(join(directory, "data.mdb"))).size);
    }
    await log.deleteTopics(["t"]);
    await log.close();
    expect(sizes[2]).toBe(sizes[1]);
    expect(sizes[2]).toBeLessThan(8 * 1024 * 1024);
  });

  it("does not grow when as much is truncated as is appended", async () => {
    const log = await openLmdbLog({ directory });
    await log.createTopic({ name: "t", partitions: 1, kind: "records" });
    const writer = await log.openWriter("w", await log.joinGroup("g"));
    const value = new Uint8Array(256 * 1024).fill(7);
    const sizes: number[] = [];
    for (let round = 0; round < 60; round++) {
      for (let index = 0; index < 4; index++) writer.append("t", 0, value);
      await writer.commit();
      await log.truncate("t", 0, (await log.bounds("t", 0)).end);
      if (round % 20 === 19) sizes.push((await stat(join(directory, "data.mdb"))).size);
    }
    await log.close();
    expect(sizes[2]).toBe(sizes[1]);
    expect(sizes[2]).toBeLessThan(8 * 1024 * 1024);
  });

  it("removes more records than one transaction does, on truncation and on deletion", async () => {
    const log = await openLmdbLog({ directory });
    await log.createTopic({ name: "t", partitions: 1, kind: "records" });
    const writer = await log.openWriter("w", await log.joinGroup("g"));
    for (let index = 0; index < 5500; index++) writer.append("t", 0, Uint8Array.of(index & 255));
    await writer.commit();
    await log.truncate("t", 0, offset(2500));
    const reader = await log.openReader("t", 0, offset(2500));
    const records = await reader.read(1_000_000);
    expect([records.count, recordValue(records, 0)[0]]).toEqual([3000, 2500 & 255]);
    await log.deleteTopics(["t"]);
    expect(await log.topics()).toEqual([]);
    await log.close();
  });

  it("leaves no handle open after close", async () => {
    const script = await bundleScript("close", closeScript);
    try {
      const child = startScript(script, [directory]);
      expect({ ...(await child.exited), errors: child.errors() }).toMatchObject({
        code: 0,
        signal: null,
      });
      expect(child.lines).toEqual(["closed"]);
    } finally {
      await removeBundle(script);
    }
  });

  it("fences a writer of another process", async () => {
    const script = await bundleScript("commits", commitScript);
    const child = startScript(script, [directory]);
    try {
      await waitForLines(child.lines, 5);
      const log = await openLmdbLog({ directory });
      await log.openWriter("w", { group: "g", generation: 1, member: "" });
      await child.exited;
      expect(child.lines.at(-1)).toBe("LOG_WRITER_FENCED");
      const { end } = await log.bounds("t", 0);
      // The last acknowledgement is the last commit: nothing of the fenced one appeared.
      expect(Number(child.lines.at(-2))).toBe(Number(end) - 1);
      await log.close();
    } finally {
      child.process.kill("SIGKILL");
      await removeBundle(script);
    }
  });

  for (const sync of ["always", "os"] as const) {
    it(`loses and tears no acknowledged commit when killed, with sync "${sync}"`, async () => {
      const random = seededRandom(20_261);
      const script = await bundleScript("commits", commitScript);
      try {
        let before = 0;
        for (let round = 0; round < 5; round++) {
          const child = startScript(script, [directory, sync]);
          await waitForLines(child.lines, 1);
          await delay(5 + random.next() * 120);
          child.process.kill("SIGKILL");
          expect({ ...(await child.exited), errors: child.errors() }).toMatchObject({
            code: null,
            signal: "SIGKILL",
          });
          const log = await openLmdbLog({ directory, sync });
          const [first, second] = [await numbers(log, 0), await numbers(log, 1)];
          await log.close();
          expect(first).toEqual(second);
          expect(first).toEqual(Array.from(first, (_, index) => index));
          expect(first.length).toBeGreaterThan(Number(child.lines.at(-1)));
          expect(first.length).toBeGreaterThan(before);
          before = first.length;
        }
      } finally {
        await removeBundle(script);
      }
    });
  }
});

const closeScript = `
  import { openLmdbLog } from "@millrace/log";
  const log = await openLmdbLog({ directory: process.argv[2] });
  await log.createTopic({ name: "t", partitions: 1, kind: "records" });
  const writer = await log.openWriter("w", await log.joinGroup("g"));
  writer.append("t", 0, Uint8Array.of(1));
  await writer.commit();
  await (await log.openReader("t", 0, 0n)).read(100);
  await log.close();
  console.log("closed");
`;

// Each transaction holds its sequence number in both partitions, among 20 kB, so that a tear would
// show.
const commitScript = `
  import { writeSync } from "node:fs";
  import { openLmdbLog } from "@millrace/log";
  const [directory, sync = "always"] = process.argv.slice(2);
  const log = await openLmdbLog({ directory, sync });
  await log.createTopic({ name: "t", partitions: 2, kind: "records" });
  const writer = await log.openWriter("w", await log.joinGroup("g"));
  try {
    for (let next = Number((await log.bounds("t", 0)).end); ; next++) {
      const value = new Uint8Array(20_000).fill(next & 255);
      new DataView(value.buffer).setUint32(0, next);
      writer.append("t", 0, value);
      writer.append("t", 1, value);
      await writer.commit();
      writeSync(1, next + "\\n");
    }
  } catch (error) {
    writeSync(1, error.code + "\\n");
  }
  await log.close();
`;

async function waitForLines(lines: readonly string[], count: number): Promise<void> {
  for (let turn = 0; turn < 1000 && lines.length < count; turn++) await delay(10);
  expect(lines.length).toBeGreaterThanOrEqual(count);
}

async function numbers(log: Log, partition: number): Promise<number[]> {
  const reader = await log.openReader("t", partition, offset(0));
  const found: number[] = [];
  for (;;) {
    const records = await reader.read(1_000_000);
    if (records.count === 0) return found;
    for (let index = 0; index < records.count; index++) {
      const value = recordValue(records, index);
      found.push(new DataView(value.buffer, value.byteOffset).getUint32(0));
      expect(value[19_999]).toBe((found.at(-1) as number) & 255);
    }
  }
}
