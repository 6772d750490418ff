import { catalogue } from "@millrace/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { compareHourly, ordersFile, writeOrders } from "./orders.ts";
import { buildPackages, checkExit, jsonLines, sql, Workspace } from "./workspace.ts";

let workspace: Workspace;

beforeAll(async () => {
  await buildPackages();
  workspace = await Workspace.make();
  await writeOrders(workspace.path("orders.parquet"), 20_000);
  await workspace.write("orders.ts", ordersFile());
}, 120_000);

afterAll(() => workspace.remove());

test("run writes the sink, prints a summary and leaves nothing beside the pipeline file", async () => {
  const before = await workspace.names();
  const { code, stdout, stderr } = await workspace.pipe(["run", "orders.ts"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(
    /^orders: finished after \d+\.\d s\n {2}read {8}20,000 rows \(20,000 now, /,
  );
  expect(stdout).toContain("  table       12 rows\n");
  const compared = await compareHourly(
    workspace.path("out.duckdb"),
    workspace.path("orders.parquet"),
  );
  expect(compared).toEqual({ rows: 12, different: 0 });
  expect(await workspace.names()).toEqual([...before, ".millrace", "out.duckdb"].toSorted());
});

test("run --json writes one object a line, the summary last", async () => {
  const { code, stdout } = await workspace.pipe(["run", "orders.ts", "--json", "--fresh"]);
  expect(code).toBe(0);
  const lines = jsonLines(stdout);
  expect(lines.slice(0, -1).every((line) => line["type"] === "progress")).toBe(true);
  expect(lines.at(-1)).toMatchObject({
    type: "summary",
    pipeline: "orders",
    outcome: "finished",
    rowsRead: 20_000,
    rowsReadHere: 20_000,
    rowsDeadLettered: 0,
    rowsLate: 0,
    fraction: 1,
    sinkRows: { table: 12 },
  });
});

test("a pipeline file in another directory is found, and its paths start at the working directory", async () => {
  await workspace.write("deep.ts", `export { default } from "./orders.ts";`);
  const { code, stdout } = await workspace.pipe(["check", workspace.path("deep.ts")]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: "orders: no problems in 4 steps\n" });
});

test("check does not read, write or run", async () => {
  await workspace.write(
    "unread.ts",
    ordersFile({
      source: 'parquet("not-there.parquet", Order)',
      sink: 'duckdb({ table: "hourly", file: "unwritten.duckdb" })',
    }),
  );
  const { code } = await workspace.pipe(["check", "unread.ts"]);
  expect(code).toBe(0);
  expect(workspace.has("unwritten.duckdb")).toBe(false);
});

test("check --json names the pipeline and its size", async () => {
  const { code, stdout } = await workspace.pipe(["check", "orders.ts", "--json"]);
  expect(code).toBe(0);
  expect(jsonLines(stdout)).toEqual([{ pipeline: "orders", problems: [], steps: 4, stages: 1 }]);
});

test("explain shows the plan as text, with stages and partitions", async () => {
  const { code, stdout } = await workspace.pipe(["explain", "orders.ts", "--partitions", "3"]);
  expect(code).toBe(0);
  expect(stdout).toContain("3 partitions");
  expect(stdout).toContain("tumbling 1h by shop: count, sum");
  expect(stdout).toContain("duckdb, exactly-once");
});

test("explain --format mermaid is a flow chart", async () => {
  const { stdout } = await workspace.pipe(["explain", "orders.ts", "--format", "mermaid"]);
  expect(stdout).toMatch(/^flowchart LR\n/);
  expect(stdout).toContain('[("table")]');
});

test("explain --format json is the physical plan, with --logical the written one", async () => {
  const physical = await workspace.pipe(["explain", "orders.ts", "--format", "json"]);
  expect(JSON.parse(physical.stdout)).toMatchObject({ pipeline: "orders", partitions: 1 });
  const logical = await workspace.pipe(["explain", "orders.ts", "--format", "json", "--logical"]);
  const { nodes } = JSON.parse(logical.stdout) as { nodes: { kind: string }[] };
  expect(nodes.map((node) => node.kind)).toEqual(["source", "keyBy", "windowAggregate", "sink"]);
});

test("a reader that leaves early is no failure", async () => {
  const running = workspace.start(["explain", "orders.ts", "--format", "json"]);
  running.child.stdout?.destroy();
  const { code, stderr } = await running.ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
});

test("init makes a pipeline that check accepts and run runs", async () => {
  const made = await workspace.pipe(["init", "My Shop"]);
  expect(made.code).toBe(0);
  expect(made.stdout).toContain("npx pipe run pipeline.ts");
  const checked = await workspace.pipe(["check", "My Shop/pipeline.ts"]);
  expect(checked).toMatchObject({ code: 0, stdout: "orders: no problems in 5 steps\n" });
  const inside = workspace.inside("My Shop");
  const run = await inside.pipe(["run", "pipeline.ts"]);
  expect(run.stderr).toBe("");
  expect(run.code).toBe(0);
  expect(run.stdout).toContain("read        24 rows");
  expect(run.stdout).toContain("Bern");
});

test("init refuses a directory that holds something: DIRECTORY_NOT_EMPTY", async () => {
  await workspace.write("taken", "a file");
  const { code, stderr } = await workspace.pipe(["init", "taken"]);
  expect(code).toBe(3);
  expect(stderr).toBe(
    'DIRECTORY_NOT_EMPTY  "taken" exists already.\n' +
      "hint: Choose another name, or remove it.\ndocs: npx pipe explain-error DIRECTORY_NOT_EMPTY\n",
  );
});

test.each([["version"], ["--version"], ["-V"]])("%s prints the version", async (word) => {
  const { code, stdout } = await workspace.pipe([word]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test("explain-error tells who acts, the exit code and what to do", async () => {
  const { code, stdout } = await workspace.pipe(["explain-error", "plan_column_unknown"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^PLAN_COLUMN_UNKNOWN\n {2}who acts {4}you/);
  expect(stdout).toContain("exit code   2");
  expect(stdout).toContain(catalogue.PLAN_COLUMN_UNKNOWN.hint);
});

test("explain-error names the nearest code: ERROR_CODE_UNKNOWN", async () => {
  const { code, stderr } = await workspace.pipe(["explain-error", "FILE_COLUMN_GONE"]);
  expect(code).toBe(3);
  expect(stderr).toMatch(/^ERROR_CODE_UNKNOWN .* the nearest is FILE_COLUMN_MISSING\./);
});

test("dead-letters prints what could not go on, one object a line", async () => {
  const lines = [
    '{"placedAt":"2026-01-01T00:00:00Z","shop":"Bern","amount":1}',
    "not json",
    '{"placedAt":"2026-01-01T00:01:00Z","shop":"Bern","amount":"many"}',
    '{"placedAt":"2026-01-01T00:02:00Z","amount":1}',
  ];
  await workspace.write("letters.ndjson", `${lines.join("\n")}\n`);
  await workspace.write("letters.ts", ordersFile({ source: 'ndjson("letters.ndjson", Order)' }));
  const state = ["--state", "letters-state"];
  const run = await workspace.pipe(["run", "letters.ts", ...state]);
  checkExit(run, 0);
  expect(run.stdout).toContain(
    "dead        3 dead letters (npx pipe dead-letters orders --state letters-state)",
  );
  const { code, stdout } = await workspace.pipe(["dead-letters", "orders", ...state]);
  expect(code).toBe(0);
  const letters = jsonLines(stdout);
  expect(letters.map((letter) => letter["code"])).toEqual([
    "RECORD_MALFORMED",
    "RECORD_FIELD_TYPE",
    "RECORD_FIELD_MISSING",
  ]);
  expect(letters.map((letter) => letter["raw"])).toEqual(lines.slice(1));
  expect(letters.map((letter) => letter["place"])).toEqual(
    [2, 3, 4].map((line) => ({ file: workspace.path("letters.ndjson"), line })),
  );
});

test("dead-letters of a pipeline that never ran: FILE_NOT_FOUND, and no directory is made", async () => {
  const { code, stderr } = await workspace.pipe(["dead-letters", "nobody", "--state", "nowhere"]);
  expect(code).toBe(3);
  expect(stderr).toMatch(/^FILE_NOT_FOUND /);
  expect(workspace.has("nowhere")).toBe(false);
});

const parameterFile = `import { pipeline, t } from "millrace";
import { duckdb } from "millrace/duckdb";
import { parquet } from "millrace/files";
const Order = t.row({ placedAt: t.timestamp(), shop: t.utf8(), amount: t.int32() });
export default pipeline("big", (p) => {
  const least = p.parameter("least", t.int32());
  const shop = p.parameter("shop", t.utf8(), "Bern");
  p.source("orders", parquet("orders.parquet", Order))
    .where((order) => order.amount.gte(least).and(order.shop.eq(shop)))
    .sink("table", duckdb({ table: "big", file: "big.duckdb" }));
});
`;

test("a parameter comes from --param, else from MILLRACE_PARAM_, else from its default", async () => {
  await workspace.write("big.ts", parameterFile);
  const env = { MILLRACE_PARAM_least: "10", MILLRACE_PARAM_shop: "Oslo" };
  const { code } = await workspace.pipe(["run", "big.ts", "--param", "least=95"], { env });
  expect(code).toBe(0);
  const count = "SELECT shop, min(amount)::INT AS least FROM big GROUP BY 1";
  expect(await sql(count, workspace.path("big.duckdb"))).toEqual([{ shop: "Oslo", least: 95 }]);
});

test("a parameter without a value: PLAN_PARAMETER_MISSING; a wrong or unknown one: PLAN_PARAMETER_INVALID", async () => {
  const missing = await workspace.pipe(["check", "big.ts"]);
  expect(missing.code).toBe(2);
  expect(missing.stderr).toContain('PLAN_PARAMETER_MISSING  The parameter "least" has no value.');
  const words = ["--param", "least=much", "--param", "color=red"];
  const wrong = await workspace.pipe(["check", "big.ts", ...words]);
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toContain(
    'PLAN_PARAMETER_INVALID  The parameter "least" must be a int32, got "much".',
  );
  expect(wrong.stderr).toContain(
    `The parameter "color" must be one of the pipeline's (least, shop), got "red".`,
  );
});

test.each([
  [["run"], "missing required argument 'file'"],
  [["run", "orders.ts", "--fast"], "unknown option '--fast'"],
  [["run", "orders.ts", "--partitions", "0"], "Must be a whole number from 1 to 240."],
  [["run", "orders.ts", "--batch-rows", "1.5"], "Must be a whole number from 1 to 1048576."],
  [["explain", "orders.ts", "--format", "svg"], "Allowed choices are text, mermaid, json."],
  [["walk", "orders.ts"], "unknown command 'walk'"],
])("%j is refused with exit code 3", async (words, problem) => {
  const { code, stdout, stderr } = await workspace.pipe(words);
  expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
  expect(stderr).toContain(problem);
});

test("a wrong flag with --json is an object too: COMMAND_LINE_INVALID", async () => {
  const { code, stdout } = await workspace.pipe(["run", "orders.ts", "--json", "--fast"]);
  expect(code).toBe(3);
  const error = { code: "COMMAND_LINE_INVALID", message: expect.stringContaining("--fast") };
  expect(jsonLines(stdout)).toMatchObject([{ type: "error", error }]);
});

test("--param without a value: PLAN_ARGUMENT_INVALID", async () => {
  const { code, stderr } = await workspace.pipe(["run", "orders.ts", "--param", "least"]);
  expect(code).toBe(2);
  expect(stderr).toContain('PLAN_ARGUMENT_INVALID  --param takes name=value, got "least".');
});
