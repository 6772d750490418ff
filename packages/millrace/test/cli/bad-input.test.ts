import { readFile, truncate, writeFile } from "node:fs/promises";
import { chmod, chown, mkdir } from "node:fs/promises";
import type { ErrorCode } from "@millrace/core";
import { catalogue } from "@millrace/core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { ordersFile, type OrdersFile, ordersSql, writeOrders } from "./orders.ts";
import {
  buildPackages,
  checkExit,
  type Ended,
  jsonLines,
  sql,
  startProcess,
  Workspace,
} from "./workspace.ts";

const nobody = 65_534;
const someRows = 20_000;
const badRow = 999_999;

let workspace: Workspace;

beforeAll(async () => {
  await buildPackages();
  workspace = await Workspace.make();
  await writeOrders(workspace.path("orders.parquet"), someRows);
}, 120_000);

afterAll(() => workspace.remove());

afterEach(async () => {
  // Bundles of pipeline files are removed whatever happens.
  const left = (await workspace.names()).filter((name) => name.endsWith(".mjs"));
  if (left.length > 0) throw new Error(`left beside the pipeline file: ${left.join(", ")}`);
});

let states = 0;

/** Runs a pipeline file of these parts on a state directory of its own. */
async function runOrders(parts: OrdersFile, words: readonly string[] = []): Promise<Ended> {
  states += 1;
  const name = `pipeline-${states}.ts`;
  await workspace.write(name, ordersFile(parts));
  return workspace.pipe(["run", name, "--state", `state-${states}`, ...words]);
}

/** A line without the full stop between what happened and where. */
function withoutStop(line = ""): string {
  return line.replace(". at ", " at ");
}

/** The one error that a command printed: the first line, its hint and its page, and no stack. */
function expectError(ended: Ended, code: ErrorCode, first: string | RegExp): void {
  checkExit(ended, catalogue[code].exitCode);
  const [head, ...rest] = ended.stderr.trimEnd().split("\n");
  expect(head).toMatch(new RegExp(`^${code}  `));
  if (typeof first === "string") expect(withoutStop(head)).toBe(`${code}  ${withoutStop(first)}`);
  else expect(head).toMatch(first);
  expect(rest).toEqual([`hint: ${catalogue[code].hint}`, `docs: npx pipe explain-error ${code}`]);
}

const sinkOf = (file: string): OrdersFile => ({
  sink: `duckdb({ table: "hourly", file: "${file}" })`,
});

test("a missing input file: FILE_NOT_FOUND, and no database is made", async () => {
  const ended = await runOrders({
    source: 'parquet("nope.parquet", Order)',
    ...sinkOf("none.duckdb"),
  });
  const path = workspace.path("nope.parquet");
  const message = catalogue.FILE_NOT_FOUND.message({ path });
  expectError(ended, "FILE_NOT_FOUND", `${message} at orders/orders`);
  expect(workspace.has("none.duckdb")).toBe(false);
});

test("a directory as input: FILE_READ_FAILED", async () => {
  const ended = await runOrders({ source: 'ndjson(".", Order)', ...sinkOf("none.duckdb") });
  expectError(ended, "FILE_READ_FAILED", /it is a directory/);
  expect(workspace.has("none.duckdb")).toBe(false);
});

test("a column that the file does not have: FILE_COLUMN_MISSING, and no database is made", async () => {
  const ended = await runOrders({
    columns: "customer: t.utf8()",
    steps: '.where((order) => order.customer.ne("x"))',
    ...sinkOf("none.duckdb"),
  });
  expectError(
    ended,
    "FILE_COLUMN_MISSING",
    /has no column "customer" \(it has placedAt, shop, amount\)/,
  );
  expect(workspace.has("none.duckdb")).toBe(false);
});

test("a column of another type: FILE_COLUMN_TYPE", async () => {
  await sql(
    `COPY (SELECT now()::TIMESTAMP AS "placedAt", 'Bern' AS shop, 'x' AS amount)
     TO '${workspace.path("texts.parquet")}' (FORMAT parquet)`,
  );
  const ended = await runOrders({ source: 'parquet("texts.parquet", Order)' });
  expectError(ended, "FILE_COLUMN_TYPE", /The column "amount" of ".*" is VARCHAR, not int32/);
});

test("a Parquet file that was cut off: FILE_CORRUPT, and no database is made", async () => {
  const bytes = await readFile(workspace.path("orders.parquet"));
  await workspace.write("cut.parquet", bytes.subarray(0, bytes.length / 2));
  const ended = await runOrders({
    source: 'parquet("cut.parquet", Order)',
    ...sinkOf("none.duckdb"),
  });
  expect(ended.code).toBe(1);
  expect(ended.stderr).toMatch(/^FILE_CORRUPT {2}".*cut\.parquet" is not a whole Parquet file/);
  expect(workspace.has("none.duckdb")).toBe(false);
});

test("a value in row 1,000,000 that does not fit: FILE_VALUE_INVALID with row and column; the sink holds whole windows", async () => {
  const rows = badRow + 101;
  const amount = `CASE WHEN i = ${badRow} THEN 3000000000 ELSE i % 100 END`;
  await writeOrders(workspace.path("million.parquet"), rows, amount);
  const ended = await runOrders(
    { source: 'parquet("million.parquet", Order)', ...sinkOf("million.duckdb") },
    ["--json"],
  );
  expect(ended.code).toBe(1);
  const file = workspace.path("million.parquet");
  expect(jsonLines(ended.stdout).at(-1)).toMatchObject({
    type: "error",
    error: {
      code: "FILE_VALUE_INVALID",
      message: `Row ${badRow} of "${file}" has "3000000000" in column "amount", which is not int32.`,
      hint: catalogue.FILE_VALUE_INVALID.hint,
      where: { pipeline: "orders", file, row: badRow, column: "amount" },
    },
  });
  const [partial] = await sql(
    "SELECT count(*)::INT AS n FROM hourly WHERE orders <> 1800",
    workspace.path("million.duckdb"),
  );
  expect(partial).toEqual({ n: 0 });
}, 60_000);

test("a bad line 1,000,000 of NDJSON is a dead letter with its text and reason, and counts add up", async () => {
  const rows = badRow + 101;
  const raw = '{"placedAt":"2026-01-12T13:46:39Z","shop":"Oslo","amount":"a lot"}';
  const lines: string[] = [];
  for (let row = 0; row < rows; row += 1) {
    const at = 1_767_225_600_000 + row * 1_000;
    lines.push(row === badRow ? raw : `{"placedAt":${at},"shop":"Oslo","amount":${row % 100}}`);
  }
  await workspace.write("million.ndjson", `${lines.join("\n")}\n`);
  const ended = await runOrders(
    { source: 'ndjson("million.ndjson", Order)', ...sinkOf("lines.duckdb") },
    ["--json"],
  );
  checkExit(ended, 0);
  const summary = jsonLines(ended.stdout).at(-1);
  expect(summary).toMatchObject({ rowsRead: rows, rowsDeadLettered: 1, rowsLate: 0 });
  const query = "SELECT sum(orders)::INT AS n FROM hourly";
  expect(await sql(query, workspace.path("lines.duckdb"))).toEqual([{ n: rows - 1 }]);
  const words = ["dead-letters", "orders", "--state", `state-${states}`];
  const letters = jsonLines((await workspace.pipe(words)).stdout);
  expect(letters).toMatchObject([
    {
      code: "RECORD_FIELD_TYPE",
      reason: expect.stringContaining('"amount"'),
      raw,
      place: { file: workspace.path("million.ndjson"), line: badRow + 1 },
      operatorId: "orders",
    },
  ]);
}, 60_000);

test("a bad line of CSV after a million rows is a dead letter with its text and reason, and counts add up", async () => {
  const rows = badRow + 101;
  const amount = `CASE WHEN i = ${badRow} THEN 'a lot' ELSE (i % 100)::VARCHAR END`;
  const select = ordersSql(rows, amount).replace("epoch_ms(", "(").replace(") AS", ")::BIGINT AS");
  await sql(`COPY (${select}) TO '${workspace.path("million.csv")}' (FORMAT csv, HEADER)`);
  const ended = await runOrders(
    { source: 'files.csv("million.csv", Order)', ...sinkOf("csv.duckdb") },
    ["--json"],
  );
  checkExit(ended, 0);
  const summary = jsonLines(ended.stdout).at(-1);
  expect(summary).toMatchObject({ rowsRead: rows, rowsDeadLettered: 1, rowsLate: 0 });
  const query = "SELECT sum(orders)::INT AS n FROM hourly";
  expect(await sql(query, workspace.path("csv.duckdb"))).toEqual([{ n: rows - 1 }]);
  const words = ["dead-letters", "orders", "--state", `state-${states}`];
  const letters = jsonLines((await workspace.pipe(words)).stdout);
  expect(letters).toMatchObject([
    {
      code: "RECORD_FIELD_TYPE",
      reason: expect.stringContaining('"amount"'),
      raw: "1768225599000,Oslo,a lot",
      // The first line holds the names.
      place: { file: workspace.path("million.csv"), line: badRow + 2 },
      operatorId: "orders",
    },
  ]);
}, 60_000);

test("a user function that throws makes a dead letter of its row alone", async () => {
  const steps = `.map(Order, (order) => {
      if (order.amount === 99) throw new Error("ninety-nine");
      return order;
    })`;
  const ended = await runOrders({ steps, ...sinkOf("mapped.duckdb") }, ["--json"]);
  checkExit(ended, 0);
  expect(jsonLines(ended.stdout).at(-1)).toMatchObject({
    rowsRead: someRows,
    rowsDeadLettered: someRows / 100,
  });
  const query = "SELECT sum(orders)::INT AS n FROM hourly";
  const expected = [{ n: someRows - someRows / 100 }];
  expect(await sql(query, workspace.path("mapped.duckdb"))).toEqual(expected);
  const words = ["dead-letters", "orders", "--state", `state-${states}`];
  const [letter] = jsonLines((await workspace.pipe(words)).stdout);
  expect(letter).toMatchObject({
    code: "RECORD_FUNCTION_FAILED",
    reason: expect.stringContaining("ninety-nine"),
    raw: expect.stringContaining('"amount":99'),
  });
});

test("unknown columns are reported together, each with the user's file and line, before anything runs", async () => {
  const text = ordersFile(sinkOf("none.duckdb"))
    .replace('"shop")', '"shopp" as any)')
    .replace("order.amount)", "(order as any).amont)");
  await workspace.write("unknown.ts", text);
  const ended = await workspace.pipe(["run", "unknown.ts", "--state", "unknown-state"]);
  expect(ended.code).toBe(2);
  const heads = ended.stderr.split("\n").filter((line) => /^ {0,2}[A-Z_]+ {2}/.test(line));
  const file = workspace.path("unknown.ts");
  const has = "which the stream does not have (it has placedAt, shop, amount)";
  expect(heads.map((line) => withoutStop(line))).toEqual([
    'PLAN_INVALID  Pipeline "orders" has 2 problems.',
    `  PLAN_COLUMN_UNKNOWN  keyBy names the column "shopp", ${has} at orders ${file}:8`,
    `  PLAN_COLUMN_UNKNOWN  aggregate "hourly" names the column "amont", ${has} at orders ${file}:10`,
  ]);
  expect(workspace.has("none.duckdb")).toBe(false);
  expect(workspace.has("unknown-state")).toBe(false);
});

test("places are right for a pipeline file below the working directory", async () => {
  await mkdir(workspace.path("below"));
  await workspace.write("below/unknown.ts", ordersFile().replace('"shop")', '"shopp" as any)'));
  const ended = await workspace.pipe(["check", "below/unknown.ts", "--json"]);
  const file = workspace.path("below/unknown.ts");
  const problem = { code: "PLAN_COLUMN_UNKNOWN", where: { pipeline: "orders", file, line: 8 } };
  expect(jsonLines(ended.stdout)).toMatchObject([
    { type: "error", error: { code: "PLAN_INVALID", problems: [problem] } },
  ]);
});

test("&& between conditions: PLAN_EXPRESSION_UNUSED with the user's file and line", async () => {
  const ended = await runOrders({
    steps: ".where((order) => order.amount.gt(1) && order.amount.lt(50))",
  });
  expect(ended.code).toBe(2);
  const file = workspace.path(`pipeline-${states}.ts`);
  expect(withoutStop(ended.stderr)).toContain(
    `PLAN_EXPRESSION_UNUSED  An expression in where is not part of its result: amount > 1 at orders ${file}:8\n` +
      `  hint: ${catalogue.PLAN_EXPRESSION_UNUSED.hint}`,
  );
});

test("a pipeline file that does not exist: PIPELINE_FILE_NOT_FOUND", async () => {
  const ended = await workspace.pipe(["run", "nothing.ts"]);
  expectError(ended, "PIPELINE_FILE_NOT_FOUND", 'There is no pipeline file "nothing.ts".');
});

test("a pipeline file that throws: PIPELINE_FILE_FAILED with the line that threw", async () => {
  await workspace.write(
    "throws.ts",
    '\nconst fail = (): never => { throw new Error("boom") };\nfail();',
  );
  const ended = await workspace.pipe(["run", "throws.ts"]);
  const file = workspace.path("throws.ts");
  expectError(ended, "PIPELINE_FILE_FAILED", `Loading "throws.ts" failed: boom. at ${file}:2`);
});

test.each(["run", "check", "explain"])(
  "%s of a pipeline whose callback throws: PIPELINE_FILE_FAILED with the line",
  async (command) => {
    const text = `import { pipeline } from "millrace";
export default pipeline("inside", () => {
  throw new TypeError("no such thing");
});`;
    await workspace.write("inside.ts", text);
    const ended = await workspace.pipe([command, "inside.ts"]);
    const file = workspace.path("inside.ts");
    const head = `Loading "inside.ts" failed: no such thing. at ${file}:3`;
    expectError(ended, "PIPELINE_FILE_FAILED", head);
  },
);

test("a syntax error: PIPELINE_FILE_INVALID with the line", async () => {
  await workspace.write("syntax.ts", "export default 1;\nexport const = 2;\n");
  const ended = await workspace.pipe(["run", "syntax.ts"]);
  const file = workspace.path("syntax.ts");
  expectError(ended, "PIPELINE_FILE_INVALID", new RegExp(`Expected identifier.* at ${file}:2$`));
});

test("a file that does not export a pipeline: PIPELINE_FILE_INVALID", async () => {
  await workspace.write("other.ts", "export const a = 1;");
  const ended = await workspace.pipe(["run", "other.ts"]);
  const problem = '"other.ts" is not a pipeline file: it does not export a pipeline by default.';
  expectError(ended, "PIPELINE_FILE_INVALID", problem);
});

test("a package that is not installed: PIPELINE_FILE_FAILED names it and the user's file", async () => {
  await workspace.write("import.ts", 'import x from "not-a-package";\nexport default x;');
  const ended = await workspace.pipe(["run", "import.ts"]);
  const problem = "Cannot find package 'not-a-package' imported from import.ts.";
  expectError(ended, "PIPELINE_FILE_FAILED", `Loading "import.ts" failed: ${problem}`);
});

test("a stack is shown with --verbose only, with what caused the error", async () => {
  await workspace.write("throws.ts", 'throw new Error("boom");');
  const plain = await workspace.pipe(["check", "throws.ts"]);
  expect(plain.stderr).not.toMatch(/^\s+at /m);
  const verbose = await workspace.pipe(["check", "throws.ts", "--verbose"]);
  expect(verbose.stderr).toMatch(/^\s+at /m);
  expect(verbose.stderr).toContain("caused by: Error: boom");
});

test("a database in a directory that is not there: FILE_NOT_FOUND names the directory", async () => {
  const ended = await runOrders(sinkOf("no/such/out.duckdb"));
  const path = workspace.path("no/such");
  const message = catalogue.FILE_NOT_FOUND.message({ path });
  expectError(ended, "FILE_NOT_FOUND", `${message} at orders/table`);
});

test("a DuckDB file that another process has open: DUCKDB_FILE_LOCKED, and it is unchanged", async () => {
  const path = workspace.path("held.duckdb");
  const script = `import { DuckDBInstance } from "@duckdb/node-api";
const connection = await (await DuckDBInstance.create(${JSON.stringify(path)})).connect();
await connection.run("CREATE TABLE hourly AS SELECT 1 AS a; CHECKPOINT");
console.log("open");
process.stdin.resume().on("end", () => process.exit());`;
  const holder = startProcess(["--input-type=module", "-e", script], workspace.directory);
  await holder.wrote("open");
  const ended = await runOrders(sinkOf("held.duckdb"));
  const head = `The DuckDB file "${path}" is open in another process. at orders/table`;
  expectError(ended, "DUCKDB_FILE_LOCKED", head);
  holder.child.stdin?.end();
  await holder.ended;
  expect(await sql("SELECT a FROM hourly", path)).toEqual([{ a: 1 }]);
});

test("a table with other columns that was there before: SINK_TABLE_MISMATCH, and it is unchanged", async () => {
  const path = workspace.path("foreign.duckdb");
  await sql(`ATTACH '${path}' AS f; CREATE TABLE f.hourly AS SELECT 7 AS a;`);
  const ended = await runOrders(sinkOf("foreign.duckdb"));
  expectError(
    ended,
    "SINK_TABLE_MISMATCH",
    /^SINK_TABLE_MISMATCH {2}The table "hourly" does not fit/,
  );
  expect(await sql("SELECT a FROM hourly", path)).toEqual([{ a: 7 }]);
});

test("a state directory that is a file: LOG_STORAGE_FAILED", async () => {
  await workspace.write("flat", "");
  await workspace.write("flat.ts", ordersFile(sinkOf("none.duckdb")));
  const ended = await workspace.pipe(["run", "flat.ts", "--state", "flat"]);
  expectError(ended, "LOG_STORAGE_FAILED", /The log in "flat\/orders" cannot be used/);
  expect(workspace.has("none.duckdb")).toBe(false);
});

test("a directory of temporary files that is not there: LOG_STORAGE_FAILED", async () => {
  await workspace.write("lock.ts", ordersFile(sinkOf("none.duckdb")));
  const env = { TMPDIR: workspace.path("no-such-directory") };
  const ended = await workspace.pipe(["run", "lock.ts", "--state", "lock"], { env });
  expectError(ended, "LOG_STORAGE_FAILED", /no-such-directory.*\.sock" cannot be used/);
  expect(workspace.has("none.duckdb")).toBe(false);
});

test.each([
  ["overwritten", (path: string) => writeFile(path, Buffer.alloc(65_536, "garbage"))],
  ["cut off", (path: string) => truncate(path, 8_192)],
])("state that was %s: LOG_STORAGE_FAILED, not a crash", async (_, damage) => {
  await workspace.write("damaged.ts", ordersFile(sinkOf("damaged.duckdb")));
  const words = ["run", "damaged.ts", "--state", "damaged"];
  expect((await workspace.pipe([...words, "--fresh"])).code).toBe(0);
  await damage(workspace.path("damaged/orders/data.mdb"));
  const ended = await workspace.pipe(words);
  expectError(ended, "LOG_STORAGE_FAILED", /data\.mdb is damaged or cut off/);
  await workspace.removeBelow("damaged");
});

const isRoot = process.getuid?.() === 0;
const onlyRoot = isRoot ? "" : " (skipped: only root can start a process as another user)";

/** A directory of another user's, with a pipeline file of the parts. */
async function makeHome(parts: OrdersFile): Promise<Workspace> {
  const home = await Workspace.make();
  await home.write("orders.ts", ordersFile(parts));
  await chown(home.directory, nobody, nobody);
  return home;
}

/** A directory that only root may use, or that others may only read. */
async function makeClosed(mode: number): Promise<Workspace> {
  const closed = await Workspace.make();
  await chmod(closed.directory, mode);
  return closed;
}

test.skipIf(!isRoot)(
  `an input that may not be read: FILE_PERMISSION_DENIED${onlyRoot}`,
  async () => {
    const closed = await makeClosed(0o700);
    const input = closed.path("orders.parquet");
    await writeOrders(input, 10);
    const home = await makeHome({ source: `parquet("${input}", Order)` });
    const ended = await home.pipe(["run", "orders.ts"], { uid: nobody });
    const head = `No permission to read "${input}". at orders/orders`;
    expectError(ended, "FILE_PERMISSION_DENIED", head);
    expect(home.has("out.duckdb")).toBe(false);
    await Promise.all([home.remove(), closed.remove()]);
  },
);

test.skipIf(!isRoot)(
  `a database that may not be made: FILE_PERMISSION_DENIED${onlyRoot}`,
  async () => {
    const closed = await makeClosed(0o755);
    const output = closed.path("out.duckdb");
    const home = await makeHome({
      source: `parquet("${workspace.path("orders.parquet")}", Order)`,
      ...sinkOf(output),
    });
    const ended = await home.pipe(["run", "orders.ts"], { uid: nobody });
    const head = `No permission to write "${output}". at orders/table`;
    expectError(ended, "FILE_PERMISSION_DENIED", head);
    expect(await closed.names()).toEqual([]);
    await Promise.all([home.remove(), closed.remove()]);
  },
);

test.skipIf(!isRoot)(
  `a state directory that may not be made: LOG_STORAGE_FAILED${onlyRoot}`,
  async () => {
    const closed = await makeClosed(0o755);
    const home = await makeHome({
      source: `parquet("${workspace.path("orders.parquet")}", Order)`,
    });
    const words = ["run", "orders.ts", "--state", closed.path("state")];
    const ended = await home.pipe(words, { uid: nobody });
    expectError(ended, "LOG_STORAGE_FAILED", /permission denied/);
    expect(await closed.names()).toEqual([]);
    expect(home.has("out.duckdb")).toBe(false);
    await Promise.all([home.remove(), closed.remove()]);
  },
);

test.skipIf(!isRoot)(
  `a pipeline file that may not be read: FILE_PERMISSION_DENIED${onlyRoot}`,
  async () => {
    const closed = await makeClosed(0o700);
    await closed.write("orders.ts", ordersFile());
    const path = closed.path("orders.ts");
    const ended = await workspace.pipe(["check", path], { uid: nobody });
    expectError(ended, "FILE_PERMISSION_DENIED", `No permission to read "${path}".`);
    await closed.remove();
  },
);

test.skipIf(!isRoot)(
  `init where nothing may be made: FILE_PERMISSION_DENIED${onlyRoot}`,
  async () => {
    const closed = await makeClosed(0o755);
    const path = closed.path("mine");
    const ended = await workspace.pipe(["init", path], { uid: nobody });
    expectError(ended, "FILE_PERMISSION_DENIED", `No permission to write "${path}".`);
    await closed.remove();
  },
);
