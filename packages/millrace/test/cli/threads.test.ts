import { copyFile } from "node:fs/promises";
import { openLmdbLog } from "@millrace/log";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildPackages, checkExit, jsonLines, sql, startProcess, Workspace } from "./workspace.ts";

const viewsPerFile = 1_500;
const startMs = Date.UTC(2026, 0, 1);
const dayMs = 86_400_000;

let workspace: Workspace;

beforeAll(async () => {
  await buildPackages();
  workspace = await Workspace.make();
  // Days one after the other: the later ones wait until the others have come near (drift).
  for (let day = 0; day < 4; day += 1) {
    await workspace.write(`views-${day}.ndjson`, `${visitLines(day, 1)}{"at":"broken"}\n`);
  }
  await workspace.write("buys.ndjson", visitLines(0, 4));
  await workspace.write("shop.ts", shopFile());
  await workspace.write("shop.mjs", shopFile());
  await workspace.write("runs.mjs", runsFile);
  checkExit(await workspace.pipe(words("one"), { env: { OUT: "one.duckdb" } }), 0);
}, 120_000);

afterAll(() => workspace.remove());

function visitLines(day: number, days: number): string {
  let text = "";
  for (let row = 0; row < viewsPerFile; row += 1) {
    const at = startMs + day * dayMs + Math.floor((row * days * dayMs) / viewsPerFile);
    text += `{"at":${at},"user":"user-${(row * 7919 + day) % 37}","n":${row % 101}}\n`;
  }
  return text;
}

/** Windows, a join and running totals per user; `n` of a view goes through `check`. */
function shopFile(parts: { check?: string; head?: string; size?: string } = {}): string {
  const { check = "n >= 0", head = "", size = "hours(1)" } = parts;
  return `import { count, hours, minutes, pipeline, sum, t, tumbling } from "millrace";
import { duckdb } from "millrace/duckdb";
import { ndjson } from "millrace/files";
${head}
const Visit = t.row({ at: t.timestamp(), user: t.utf8(), n: t.int32() });
const file = process.env["OUT"] ?? "shop.duckdb";
function check(n) { return ${check}; }
export default pipeline("shop", (p) => {
  const time = { eventTime: (visit) => visit.at, outOfOrderness: minutes(1) };
  const unit = p.parameter("unit", t.int32(), 1);
  const views = p.source("views", ndjson("views-*.ndjson", Visit), time)
    .filter((view) => check(view.n)).keyBy("user");
  const buys = p.source("buys", ndjson("buys.ndjson", Visit), time).keyBy("user");
  views.window(tumbling(${size}))
    .aggregate("hourly", (view) => ({ views: count(), n: sum(view.n.times(unit)) }))
    .sink("hours", duckdb({ table: "hours", file }));
  views.intervalJoin("near", buys, {
    lower: minutes(-5), upper: minutes(5), kind: "left",
    select: (view, buy) => ({ user: view.user, at: view.at, n: view.n, bought: buy.n }),
  }).sink("pairs", duckdb({ table: "pairs", file }));
  views.aggregate("running", (view) => ({ views: count(), n: sum(view.n) }))
    .sink("totals", duckdb({ table: "totals", file, key: ["user"] }));
});
`;
}

/** Runs the shop once per pair of threads and partitions, keeping nothing but the tables. */
const runsFile = `import { run } from "millrace";
const module = new URL("./shop.mjs", import.meta.url);
for (const word of process.argv.slice(2)) {
  const [threads, partitions] = word.split("x").map(Number);
  process.env.OUT = \`runs-\${word}.duckdb\`;
  const { default: shop } = await import(\`./shop.mjs?\${word}\`);
  const statuses = [];
  const summary = await run(shop, {
    threads, partitions, module, batchRows: 256,
    onProgress: (status) => statuses.push(status.rowsRead), progressEveryMs: 5,
  });
  const { outcome, rowsRead, rowsReadHere, rowsDeadLettered, sinkRows, inputs } = summary;
  const places = inputs.map((input) => [input.stage, input.partition, input.isEnded]);
  const isGrowing = statuses.every((rows, index) => index === 0 || rows >= statuses[index - 1]);
  console.log(JSON.stringify({
    outcome, rowsRead, rowsReadHere, rowsDeadLettered, sinkRows, places, isGrowing,
  }));
}
`;

interface Counts {
  readonly places: readonly unknown[];
  readonly sinkRows: Readonly<Record<string, number>>;
}

async function tables(database: string): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const table of ["hours", "pairs", "totals"]) {
    found[table] = await sql(`SELECT * FROM ${table} ORDER BY ALL`, workspace.path(database));
  }
  return found;
}

/** Runs the shop with a state directory of that name. */
function words(state: string, ...more: readonly string[]): string[] {
  return ["run", "shop.ts", "--state", state, "--partitions", "4", "--json", ...more];
}

/** With `SLOW` set, a run takes seconds: long enough to be stopped on the way. */
const slowly = `process.env["SLOW"] === undefined || n % 10 > 0
  || Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10) === "timed-out"`;

test("threads and partitions change neither tables nor counts", async () => {
  const cases = ["1x1", "2x1", "2x2", "3x2", "2x4", "3x4"];
  const ended = await startProcess(["runs.mjs", ...cases], workspace.directory).ended;
  checkExit(ended, 0);
  const summaries = jsonLines(ended.stdout);
  expect(summaries).toHaveLength(cases.length);
  const expected = await tables("one.duckdb");
  for (const [index, word] of cases.entries()) {
    expect({ word, ...(await tables(`runs-${word}.duckdb`)) }).toEqual({ word, ...expected });
    // How often a running total changes depends on how rows come together.
    const { places, sinkRows, ...counts } = summaries[index] as unknown as Counts;
    expect({ word, ...counts }).toEqual({
      word,
      outcome: "finished",
      rowsRead: 5 * viewsPerFile + 4,
      rowsReadHere: 5 * viewsPerFile + 4,
      rowsDeadLettered: 4,
      isGrowing: true,
    });
    expect({ ...sinkRows, totals: 0 }).toEqual({ hours: 3_552, pairs: 6_000, totals: 0 });
    const alike = cases.findIndex((other) => other.slice(2) === word.slice(2));
    expect(places).toEqual((summaries[alike] as unknown as Counts).places);
  }
}, 120_000);

test("killed and stopped on the way, and continued with other numbers of threads", async () => {
  await workspace.write("slow.ts", shopFile({ check: slowly }));
  const call = (threads: number): string[] => {
    const flags = ["--partitions", "4", "--json", "--batch-rows", "4"];
    return ["run", "slow.ts", "--state", "killed", ...flags, "--threads", `${threads}`];
  };
  const slow = { env: { OUT: "killed.duckdb", SLOW: "1" } };
  for (const [threads, signal] of [
    [2, "SIGKILL"],
    [3, "SIGTERM"],
    [1, "SIGKILL"],
  ] as const) {
    const running = workspace.start(call(threads), slow);
    await running.wrote('"type":"progress"');
    running.child.kill(signal);
    const ended = await running.ended;
    expect(ended.signal).toBe(signal === "SIGKILL" ? signal : null);
    if (signal === "SIGKILL") continue;
    checkExit(ended, 0);
    const summary = jsonLines(ended.stdout).at(-1);
    expect(summary).toMatchObject({ outcome: "stopped", isContinued: true });
  }
  const last = await workspace.pipe(call(2), { env: { OUT: "killed.duckdb" } });
  checkExit(last, 0);
  expect(jsonLines(last.stdout).at(-1)).toMatchObject({
    outcome: "finished",
    isContinued: true,
    rowsRead: 5 * viewsPerFile + 4,
    rowsDeadLettered: 4,
  });
  expect(await tables("killed.duckdb")).toEqual(await tables("one.duckdb"));
}, 120_000);

test("what threads load is removed once they have loaded it; parameters reach them", async () => {
  const out = { env: { OUT: "tens.duckdb" } };
  const state = ["--threads", "2", "--param", "unit=10"];
  checkExit(await workspace.pipe(words("tens", ...state), out), 0);
  const sum = "SELECT sum(n)::INT AS n FROM hours";
  const [[one], [ten]] = await Promise.all([
    sql(sum, workspace.path("one.duckdb")),
    sql(sum, workspace.path("tens.duckdb")),
  ]);
  expect(ten).toEqual({ n: 10 * (one?.["n"] as number) });
  expect((await workspace.names()).filter((name) => name.startsWith("."))).toEqual([]);
}, 60_000);

/** Runs a file with two threads that must fail. @returns the error as JSON, and the exit code */
async function failing(
  name: string,
  text: string,
): Promise<{ code: number | null; error: Record<string, unknown>; stderr: string }> {
  await workspace.write(`${name}.ts`, text);
  const flags = ["--state", name, "--partitions", "2", "--json"];
  const ended = await workspace.pipe(["run", `${name}.ts`, ...flags, "--threads", "2"], {
    env: { OUT: `${name}.duckdb` },
  });
  const [last] = jsonLines(ended.stdout).filter((line) => line["type"] === "error");
  const error = (last?.["error"] ?? {}) as Record<string, unknown>;
  return { code: ended.code, error, stderr: ended.stderr };
}

test("an error in a thread is the run's, with its place, as with one thread", async () => {
  // In the first hour, so in one partition.
  const check = `if (view.n === 50 && view.at < ${startMs + 3_600_000}) throw new Error("no fifty");`;
  const text = shopFile().replace(
    ".filter((view) => check(view.n))",
    `.filter((view) => { ${check} return true; }, { onError: "fail" })`,
  );
  const { code, error } = await failing("fifty", text);
  const flags = ["--state", "fifty-1", "--partitions", "2", "--json"];
  const single = await workspace.pipe(["run", "fifty.ts", ...flags], {
    env: { OUT: "fifty.duckdb" },
  });
  const expected = jsonLines(single.stdout).at(-1)?.["error"];
  expect(error).toEqual(expected);
  expect({ code, error: error["code"] }).toEqual({
    code: single.code,
    error: "RUN_FUNCTION_FAILED",
  });
}, 60_000);

test("a thread that dies is an error of its own: RUN_THREAD_DIED", async () => {
  const { code, error } = await failing("exit", shopFile({ check: "n < 100 || process.exit(7)" }));
  expect({ code, error: error["code"] }).toEqual({ code: 1, error: "RUN_THREAD_DIED" });
  expect(error["message"]).toMatch(/^Thread [12] of the run died: it ended with exit code 7\.$/);
  // Without what killed it, the next run goes on from there.
  await workspace.write("exit.ts", shopFile());
  const flags = ["--state", "exit", "--partitions", "2", "--threads", "2"];
  checkExit(await workspace.pipe(["run", "exit.ts", ...flags], { env: { OUT: "exit.duckdb" } }), 0);
  expect(await tables("exit.duckdb")).toEqual(await tables("one.duckdb"));
}, 60_000);

test("a module that gives another pipeline in a thread is refused: RUN_MODULE_MISMATCH", async () => {
  const head = 'import { isMainThread } from "node:worker_threads";';
  const size = "hours(isMainThread ? 1 : 2)";
  const { code, error } = await failing("other", shopFile({ head, size }));
  expect({ code, error: error["code"] }).toEqual({ code: 2, error: "RUN_MODULE_MISMATCH" });
  expect(error["message"]).toBe(
    '"other.ts" gives another pipeline in a thread than "shop": its plan has another fingerprint.',
  );
}, 60_000);

test("what a thread throws while it loads the module is told", async () => {
  const head = `import { isMainThread } from "node:worker_threads";
if (!isMainThread) throw new Error("not here");`;
  const { code, error } = await failing("thrown", shopFile({ head }));
  expect({ code, error: error["code"] }).toEqual({ code: 2, error: "PIPELINE_FILE_FAILED" });
  expect(error["message"]).toBe('Loading "thrown.ts" failed: not here.');
}, 60_000);

test("an idle partition lets those of another thread go on; why-stuck tells the same", async () => {
  const minutes = (to: number): string =>
    Array.from({ length: to }, (_, n) => `{"at":${startMs + n * 60_000},"user":"u","n":1}\n`).join(
      "",
    );
  await workspace.write("idle-a.ndjson", minutes(60));
  await workspace.write("idle-b.ndjson", minutes(600));
  const text = `import { count, hours, pipeline, seconds, t, tumbling } from "millrace";
import { consoleTable } from "millrace/console";
import { ndjson } from "millrace/files";
const Visit = t.row({ at: t.timestamp(), user: t.utf8(), n: t.int32() });
const files = ndjson(["idle-a.ndjson", "idle-b.ndjson"], Visit, { follow: true });
export default pipeline("idle", (p) => {
  p.source("visits", files, { eventTime: (visit) => visit.at, idleAfter: seconds(0) })
    .keyBy("user").window(tumbling(hours(1)))
    .aggregate("hourly", () => ({ visits: count() }))
    .sink("table", consoleTable());
});
`;
  await workspace.write("idle.ts", text);
  const call = ["run", "idle.ts", "--state", "idle", "--partitions", "2", "--threads", "2"];
  const running = workspace.start([...call, "--json"]);
  await running.wrote('"isIdle":true,"isCaughtUp":true,"isEnded":false,"rowsRead":600');
  await running.wrote(`"hourly":${startMs + 599 * 60_000}`);
  const stuck = await workspace.pipe(["why-stuck", "idle/idle", "--json"]);
  expect(jsonLines(stuck.stdout)).toMatchObject([
    { isRunning: true, holds: [{ watermark: startMs + 599 * 60_000, cause: { state: "idle" } }] },
  ]);
  running.child.kill("SIGINT");
  const ended = await running.ended;
  checkExit(ended, 0);
  expect(ended.stderr).toContain("stopping after a last commit");
}, 60_000);

test("a newer member of the group fences a run with threads: LOG_GENERATION_STALE", async () => {
  await workspace.write("fenced.ts", shopFile({ check: slowly }));
  const call = ["run", "fenced.ts", "--state", "fenced", "--partitions", "2", "--threads", "2"];
  const running = workspace.start([...call, "--json", "--batch-rows", "4"], {
    env: { OUT: "fenced.duckdb", SLOW: "1" },
  });
  await running.wrote('"type":"progress"');
  const log = await openLmdbLog({ directory: workspace.path("fenced/shop") });
  await log.joinGroup("shop");
  await log.close();
  const ended = await running.ended;
  checkExit(ended, 1);
  const error = jsonLines(ended.stdout).at(-1)?.["error"];
  expect(error).toMatchObject({ code: "LOG_GENERATION_STALE", where: { pipeline: "shop" } });
}, 60_000);

test("a database is read and written by one thread, whatever the number of threads", async () => {
  const text = `import { pipeline, t } from "millrace";
import { duckdb, duckdbTable } from "millrace/duckdb";
const Total = t.row({ user: t.utf8(), views: t.int32(), n: t.int32() });
export default pipeline("copy", (p) => {
  p.source("totals", duckdbTable("copy.duckdb", "totals", Total))
    .select((total) => ({ user: total.user, views: total.views.times(2) }))
    .sink("doubled", duckdb({ table: "doubled", file: "copy.duckdb", key: ["user"] }));
});
`;
  await copyFile(workspace.path("one.duckdb"), workspace.path("copy.duckdb"));
  await workspace.write("copy.ts", text);
  const call = ["run", "copy.ts", "--state", "copy", "--partitions", "2", "--threads", "2"];
  checkExit(await workspace.pipe(call), 0);
  const doubled = await sql(
    `SELECT count(*)::INT AS users, bool_and(d.views = 2 * o.views) AS "isDoubled"
     FROM doubled d JOIN totals o USING (user)`,
    workspace.path("copy.duckdb"),
  );
  expect(doubled).toEqual([{ users: 37, isDoubled: true }]);
}, 60_000);

test("stages that read a connector of the caller's own stay in the caller's thread", async () => {
  await workspace.write(
    "own.mjs",
    `import { run } from "millrace";
import { filesConnector } from "@millrace/connectors/files";
import shop from "./shop.mjs";
let readers = 0;
const files = async () => ({
  openSource: async (context) => {
    const source = await filesConnector.openSource(context);
    return new Proxy(source, {
      get(target, name) {
        if (name === "openReader") readers += 1;
        const value = target[name];
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  },
});
const module = new URL("./shop.mjs", import.meta.url);
const { outcome } = await run(shop, { threads: 2, partitions: 4, module, connectors: { files } });
console.log(JSON.stringify({ outcome, readers }));
`,
  );
  const env = { OUT: "own.duckdb" };
  const ended = await startProcess(["own.mjs"], workspace.directory, { env }).ended;
  checkExit(ended, 0);
  // Four files of views and one of buys, each opened once.
  expect(jsonLines(ended.stdout)).toEqual([{ outcome: "finished", readers: 5 }]);
  expect(await tables("own.duckdb")).toEqual(await tables("one.duckdb"));
}, 60_000);

test("a module that itself starts a run is refused: RUN_THREADS_REFUSED", async () => {
  await workspace.write(
    "self.mjs",
    `import { run } from "millrace";
import shop from "./shop.mjs";
export default shop;
await run(shop, { threads: 2, partitions: 2, module: import.meta.url }).catch((error) => {
  console.log(JSON.stringify({ code: error.code, message: error.message }));
});
`,
  );
  const env = { OUT: "self.duckdb" };
  const ended = await startProcess(["self.mjs"], workspace.directory, { env }).ended;
  expect(ended.stdout).toContain('"code":"RUN_THREADS_REFUSED"');
  expect(ended.stdout).toContain("the module itself starts a run when it is loaded");
}, 60_000);
