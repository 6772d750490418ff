import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { t, systemClock } from "@millrace/core";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { duckdb, duckdbConnector } from "../../src/duckdb/index.ts";

let directory: string;
let program: string;
let file: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "millrace-duckdb-kill-"));
  program = join(directory, "writer.mjs");
  file = join(directory, "test.duckdb");
  const require = createRequire(import.meta.url);
  const modules = join(require.resolve("@duckdb/node-api"), "../../../..");
  await symlink(modules, join(directory, "node_modules"));
  await build({
    entryPoints: [join(import.meta.dirname, "fixtures/writer.ts")],
    outfile: program,
    bundle: true,
    platform: "node",
    format: "esm",
    conditions: ["@millrace/source"],
    external: ["@duckdb/node-api", "apache-arrow"],
    logLevel: "error",
  });
});
afterAll(() => rm(directory, { recursive: true }));

/** Starts the writer and gives the process after so many writes; it goes on writing. */
async function startWriter(writes: number): Promise<ReturnType<typeof spawn>> {
  const child = spawn(process.execPath, [program, file], { stdio: ["ignore", "pipe", "inherit"] });
  // Its output is read to the end: a closed pipe would end it before the kill does.
  await new Promise<void>((resolve) => {
    let seen = 0;
    child.stdout.on("data", (chunk) => {
      seen += String(chunk).split("\n").length - 1;
      if (seen >= writes) resolve();
    });
  });
  return child;
}

test("a writer that is killed anywhere leaves rows and token in step, and no row twice", async () => {
  let before = 0;
  for (const writes of [1, 4, 9]) {
    const child = await startWriter(writes);
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
    const instance = await DuckDBInstance.create(file);
    const connection = await instance.connect();
    const result = await connection.runAndReadAll(
      `SELECT count(*), count(DISTINCT id), max(id) + 1,
         (SELECT "offset" FROM millrace_tokens) FROM numbers`,
    );
    connection.closeSync();
    instance.closeSync();
    const [count, distinct, end, token] = (result.getRows()[0] ?? []).map(Number);
    expect({ count, distinct, end }).toEqual({ count: token, distinct: token, end: token });
    expect(token).toBeGreaterThan(before);
    before = token as number;
  }
});

test("a file that another process has open is reported as locked", async () => {
  const child = await startWriter(1);
  const exited = once(child, "exit");
  const opened = duckdbConnector.openSink?.({
    pipeline: "p",
    sinkId: "s",
    options: duckdb({ table: "numbers", file }).options,
    schema: t.row({ id: t.int64() }).schema,
    generation: 1,
    partitions: 1,
    clock: systemClock,
  });
  await expect(opened).rejects.toMatchObject({
    code: "DUCKDB_FILE_LOCKED",
    params: { path: file },
  });
  child.kill("SIGKILL");
  await exited;
});
