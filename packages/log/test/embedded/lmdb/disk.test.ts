import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Log, type LogWriter, type MillraceError, offset } from "@millrace/core";
import { openLmdbLog } from "../../../src/embedded/lmdb/lmdb-log.ts";
import { bundleScript, removeBundle } from "./child-process.ts";

const recordBytes = 50_000;

/** Why no disk can be mounted here; undefined where it can. */
function missing(): string | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "needs root on Linux";
  const directory = mkdtempSync(join(tmpdir(), "millrace-disk-"));
  try {
    mount(directory, "size=1m");
    unmount(directory);
    return undefined;
  } catch {
    rmdirSync(directory);
    return "mounting a tmpfs is not allowed";
  }
}

function mount(directory: string, options: string): void {
  execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", directory], { stdio: "pipe" });
}

function unmount(directory: string): void {
  execFileSync("umount", [directory], { stdio: "pipe" });
  rmdirSync(directory);
}

async function openTopic(log: Log): Promise<LogWriter> {
  await log.createTopic({ name: "t", partitions: 1, kind: "records" });
  return log.openWriter("w", await log.joinGroup("g"));
}

/** Commits records one by one, each filled with its number, until one fails. */
async function commitUntilItFails(writer: LogWriter): Promise<{ commits: number; error: unknown }> {
  for (let commits = 0; ; commits += 1) {
    writer.append("t", 0, new Uint8Array(recordBytes).fill(commits));
    try {
      await writer.commit();
    } catch (error) {
      return { commits, error };
    }
    if (commits > 1000) throw new Error("the disk does not get full");
  }
}

async function firstBytes(log: Log): Promise<number[]> {
  const reader = await log.openReader("t", 0, offset(0));
  const found: number[] = [];
  for (;;) {
    const { count, buffer, valueStart } = await reader.read(1_000_000);
    if (count === 0) return found;
    for (const start of valueStart.subarray(0, count)) found.push(buffer[start] as number);
  }
}

const why = missing();

describe.skipIf(why !== undefined)(`a disk${why === undefined ? "" : ` (skipped: ${why})`}`, () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "millrace-disk-"));
    mount(directory, "size=2m");
  });
  afterEach(() => unmount(directory));

  it("that is full fails the commit, keeps what was acknowledged, and goes on with room", async () => {
    const log = await openLmdbLog({ directory });
    const { commits, error } = await commitUntilItFails(await openTopic(log));
    // LMDB does not say of a write that was cut short why it was.
    expect(["LOG_STORAGE_FAILED", "LOG_COMMIT_INDEFINITE"]).toContain(
      (error as MillraceError).code,
    );
    expect(commits).toBeGreaterThan(5);
    execFileSync("mount", ["-o", "remount,size=8m", directory]);
    const writer = await log.openWriter("w", await log.joinGroup("g"));
    writer.append("t", 0, new Uint8Array(recordBytes).fill(255));
    await writer.commit();
    await log.close();
    const reopened = await openLmdbLog({ directory });
    const acknowledged = Array.from({ length: commits }, (_, number) => number);
    expect(await firstBytes(reopened)).toEqual([...acknowledged, 255]);
    await reopened.close();
  });

  it("that is read-only is an error with a code, and not touched", async () => {
    const log = await openLmdbLog({ directory });
    const writer = await openTopic(log);
    writer.append("t", 0, new Uint8Array(recordBytes).fill(7));
    await writer.commit();
    await log.close();
    execFileSync("mount", ["-o", "remount,ro", directory]);
    await expect(openLmdbLog({ directory })).rejects.toMatchObject({ code: "LOG_STORAGE_FAILED" });
    execFileSync("mount", ["-o", "remount,rw", directory]);
    const reopened = await openLmdbLog({ directory });
    expect(await firstBytes(reopened)).toEqual([7]);
    await reopened.close();
  });
});

/** Commits numbered records and prints each number that was acknowledged, and the error's code. */
const committer = `
  import { openLmdbLog } from "@millrace/log";
  const log = await openLmdbLog({ directory: process.argv[2] });
  await log.createTopic({ name: "t", partitions: 1, kind: "records" });
  const writer = await log.openWriter("w", await log.joinGroup("g"));
  try {
    for (let number = 0; number < 100; number += 1) {
      writer.append("t", 0, new Uint8Array(${recordBytes}).fill(number));
      await writer.commit();
      console.log(number);
    }
  } catch (error) {
    console.log(error.code);
  }
  process.exit(0);
`;
const hasStrace = spawnSync("strace", ["-e", "trace=none", "true"]).status === 0;

it.skipIf(!hasStrace)(
  `a failed fsync leaves a commit in doubt and takes nothing acknowledged back${hasStrace ? "" : " (skipped: needs strace)"}`,
  async () => {
    const script = await bundleScript("committer", committer);
    const directory = mkdtempSync(join(tmpdir(), "millrace-fsync-"));
    try {
      const inject = "inject=fsync,fdatasync,msync:error=EIO:when=20+";
      const words = [
        "-f",
        "-qq",
        "-o",
        "/dev/null",
        "-e",
        "trace=fsync,fdatasync,msync",
        "-e",
        inject,
      ];
      const { stdout } = spawnSync("strace", [...words, process.execPath, script, directory], {
        encoding: "utf8",
      });
      const lines = stdout.trim().split("\n");
      expect(lines.at(-1)).toBe("LOG_COMMIT_INDEFINITE");
      const acknowledged = lines.slice(0, -1).map(Number);
      expect(acknowledged.length).toBeGreaterThan(0);
      const log = await openLmdbLog({ directory });
      expect((await firstBytes(log)).slice(0, acknowledged.length)).toEqual(acknowledged);
      await log.close();
    } finally {
      await removeBundle(script);
      rmSync(directory, { recursive: true, force: true });
    }
  },
);
