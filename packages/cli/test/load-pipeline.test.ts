import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { isMillraceError, millraceError } from "@millrace/core";
import type { PlannedPipeline } from "@millrace/planner";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { LoadedPipeline } from "../src/environment.ts";
import { loadPipeline } from "../src/load-pipeline.ts";

/** A pipeline here is any object with a name; planning calls its `build`. */
const environment = {
  isPipeline: (value: unknown): value is LoadedPipeline =>
    typeof value === "object" && value !== null && "name" in value,
  plan: (pipeline: LoadedPipeline): PlannedPipeline =>
    (pipeline as LoadedPipeline & { build(): PlannedPipeline }).build(),
};
const flags = { state: ".millrace", fresh: false, parameters: {} };

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "millrace-load-"));
});

afterEach(() => rm(directory, { recursive: true, force: true }));

async function write(name: string, text: string): Promise<string> {
  const path = join(directory, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  return path;
}

/** What a failed loading or planning tells of itself. */
async function failureOf(work: Promise<unknown>): Promise<Record<string, unknown>> {
  try {
    await work;
  } catch (error) {
    if (isMillraceError(error)) return { code: error.code, where: error.where };
    throw error;
  }
  return {};
}

test("a TypeScript file with an import of another one is loaded, and nothing is left beside it", async () => {
  await write("names.ts", "export const name: string = `orders`;");
  const path = await write(
    "main.ts",
    "import { name } from './names.ts'; const it: { name: string } = { name }; export default it;",
  );
  expect((await loadPipeline(path, environment)).pipeline.name).toBe("orders");
  expect((await readdir(directory)).toSorted()).toEqual(["main.ts", "names.ts"]);
});

test.each([".js", ".mjs", ".mts"])("a %s file is loaded", async (extension) => {
  const path = await write(`main${extension}`, "export default { name: 'orders' };");
  expect((await loadPipeline(path, environment)).pipeline.name).toBe("orders");
});

test("bundles that killed processes left are removed, those of a process that loads now are not", async () => {
  const path = await write("main.ts", "export default { name: 'orders' };");
  const stale = await write(".main.ts.0123456789ab.mjs", "");
  await write(".main.ts.ba9876543210.mjs", "");
  const other = await write(".other.ts.0123456789ab.mjs", "");
  for (const each of [stale, other]) await utimes(each, 0, 0);
  await loadPipeline(path, environment);
  expect((await readdir(directory)).toSorted()).toEqual([
    ".main.ts.ba9876543210.mjs",
    ".other.ts.0123456789ab.mjs",
    "main.ts",
  ]);
});

test("a file that was changed is loaded anew", async () => {
  const path = await write("main.ts", "export default { name: 'first' };");
  expect((await loadPipeline(path, environment)).pipeline.name).toBe("first");
  await write("main.ts", "export default { name: 'second' };");
  expect((await loadPipeline(path, environment)).pipeline.name).toBe("second");
});

test.each([
  ["nothing", ""],
  ["no default", "export const name = 1;"],
  ["a default that is no pipeline", "export default 1;"],
])("a file that exports %s is PIPELINE_FILE_INVALID", async (_, text) => {
  const path = await write("main.ts", text);
  const failure = await failureOf(loadPipeline(path, environment));
  expect(failure["code"]).toBe("PIPELINE_FILE_INVALID");
});

test("a directory, or nothing at all, is PIPELINE_FILE_NOT_FOUND", async () => {
  for (const path of [directory, join(directory, "none.ts")]) {
    const failure = await failureOf(loadPipeline(path, environment));
    expect(failure["code"]).toBe("PIPELINE_FILE_NOT_FOUND");
  }
});

test("an import that cannot be found is PIPELINE_FILE_INVALID at the import", async () => {
  const path = await write("main.ts", "\nimport x from './none.ts';\nexport default x;");
  expect(await failureOf(loadPipeline(path, environment))).toEqual({
    code: "PIPELINE_FILE_INVALID",
    where: { file: path, line: 2 },
  });
});

test("what a file throws is PIPELINE_FILE_FAILED, in the file that threw", async () => {
  const inner = await write("below/inner.ts", "\n\nthrow new Error('inside');");
  const path = await write("main.ts", "import './below/inner.ts';\nexport default {};");
  expect(await failureOf(loadPipeline(path, environment))).toEqual({
    code: "PIPELINE_FILE_FAILED",
    where: { file: inner, line: 3 },
  });
  expect((await readdir(directory)).toSorted()).toEqual(["below", "main.ts"]);
});

test("what planning throws is PIPELINE_FILE_FAILED with the line of the callback", async () => {
  const path = await write(
    "main.ts",
    "export default {\n  name: 'x',\n  build() {\n    throw new Error('inside');\n  },\n};",
  );
  const { plan } = await loadPipeline(path, environment);
  const failure = await failureOf(Promise.resolve().then(() => plan(flags)));
  expect(failure).toEqual({ code: "PIPELINE_FILE_FAILED", where: { file: path, line: 4 } });
});

test("an error of Millrace passes as it is", async () => {
  const path = await write("main.ts", "export default { name: 'x' };");
  const { plan } = await loadPipeline(path, {
    ...environment,
    plan: () => {
      throw millraceError("PLAN_SINK_MISSING", { pipeline: "x" });
    },
  });
  const failure = await failureOf(Promise.resolve().then(() => plan(flags)));
  expect(failure).toEqual({ code: "PLAN_SINK_MISSING", where: {} });
});
