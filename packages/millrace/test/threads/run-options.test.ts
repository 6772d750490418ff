import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isMillraceError, run, type RunOptions, start } from "millrace";
import { ManualClock } from "@millrace/conformance";
import { openMemoryLog } from "@millrace/log";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sql } from "../cli/workspace.ts";
import counted from "./counted.ts";

const module = new URL("./counted.ts", import.meta.url);
const rows = 500;

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "millrace-threads-"));
  for (let file = 0; file < 2; file += 1) {
    const lines = Array.from({ length: rows }, (_, row) => {
      const placedAt = 1_767_225_600_000 + row * 60_000;
      return `{"placedAt":${placedAt},"shop":"shop-${(row + file) % 7}"}\n`;
    });
    await writeFile(join(directory, `orders-${file}.ndjson`), lines.join(""));
  }
  process.env["ORDERS"] = join(directory, "orders-*.ndjson");
});

afterAll(() => rm(directory, { recursive: true, force: true }));

async function codeOf(options: RunOptions): Promise<string | undefined> {
  try {
    await run(counted, { partitions: 2, ...options });
  } catch (error) {
    if (isMillraceError(error)) return `${error.code} ${error.message}`;
    throw error;
  }
  return undefined;
}

test("from TypeScript sources, two threads give what one does, and leave nothing behind", async () => {
  const temporary = join(directory, "temporary");
  await mkdir(temporary);
  process.env["TMPDIR"] = temporary;
  const tables: unknown[] = [];
  for (const threads of [1, 2]) {
    const database = join(directory, `${threads}.duckdb`);
    process.env["TABLES"] = database;
    const summary = await run(counted, { partitions: 2, threads, module });
    expect(summary).toMatchObject({ outcome: "finished", rowsRead: 2 * rows, fraction: 1 });
    tables.push(await sql("SELECT * FROM hourly ORDER BY ALL", database));
  }
  expect(tables[0]).toHaveLength(9 * 7);
  expect(tables[1]).toEqual(tables[0]);
  expect(await readdir(temporary)).toEqual([]);
}, 120_000);

test("what threads cannot share is refused before anything is opened: RUN_THREADS_REFUSED", async () => {
  expect(await codeOf({ threads: 2 })).toBe(
    "RUN_THREADS_REFUSED The pipeline cannot run on several threads: no module was given that threads can load it from.",
  );
  const log = openMemoryLog();
  expect(await codeOf({ threads: 2, module, log })).toContain("its log is an object of yours");
  await log.close();
  const clock = new ManualClock();
  expect(await codeOf({ threads: 2, module, clock })).toContain("its clock is an object of yours");
});

test.each([0, 1.5, 65, Number.NaN])("%d threads are refused", async (threads) => {
  expect(await codeOf({ threads, module })).toBe(
    "PLAN_ARGUMENT_INVALID threads must be a whole number from 1 to 64.",
  );
});

test.each([-1, 1.5, 9])("%d copies are refused", async (standby) => {
  expect(await codeOf({ standby })).toBe(
    "PLAN_ARGUMENT_INVALID standby must be a whole number from 0 to 8.",
  );
});

test("copies beside threads are refused", async () => {
  expect(await codeOf({ standby: 1, threads: 2, module })).toBe(
    "PLAN_ARGUMENT_INVALID standby needs threads: 1.",
  );
});

test("a module that is not there, or exports no pipeline, is refused", async () => {
  const own = join(directory, "none.mjs");
  await writeFile(own, "export default 1;\n");
  const missing = join(directory, "missing.mjs");
  const codes = await Promise.all([
    codeOf({ threads: 2, module: own }),
    codeOf({ threads: 2, module: missing }),
  ]);
  expect(codes[0]).toMatch(/^PIPELINE_FILE_INVALID .*by default\.$/);
  expect(codes[1]).toMatch(/^PIPELINE_FILE_FAILED .*missing/);
}, 120_000);

test("a run that was stopped while its threads opened ends as stopped", async () => {
  process.env["TABLES"] = join(directory, "stopped.duckdb");
  const state = join(directory, "state");
  const running = await start(counted, { partitions: 2, threads: 2, module, state });
  const summary = await running.stop();
  expect(summary.outcome).toBe("stopped");
  const last = await run(counted, { partitions: 2, threads: 2, module, state });
  expect(last).toMatchObject({ outcome: "finished", isContinued: true, rowsRead: 2 * rows });
}, 120_000);
