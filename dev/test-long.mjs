// The tests that take minutes to hours: `npm run test:long [-- PATH] [--only NAME] [--rounds N]`.
//
// Each benchmarks/long/*.mjs is one of them: it exports `name`, `rounds` and `runRound(seed)`,
// which resolves to `{ ok, detail }`; rounds have the seeds 1, 2, ….
//
// L1. Every round is one line of the report (PATH, `.millrace-long/report.jsonl` by default),
//     appended as soon as the round has ended.
// L2. A round that stands in the report as passed is not run again: an interrupted test goes on
//     where it was. Remove the report to start afresh.
// L3. The last line is `N rounds passed, N failed`; the exit code is 1 on any failure, and when
//     nothing ran at all.
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { SingleBar } from "cli-progress";
import { build } from "./build.mjs";
import { root, secondsSince } from "./run.mjs";
import { setUp } from "./setup.mjs";

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: "string" }, rounds: { type: "string" } },
});
const report = reportFile(positionals[0] ?? join(root, ".millrace-long"));

/** A directory gets a report.jsonl; anything else is the report itself. */
function reportFile(path) {
  const isDirectory = existsSync(path) ? statSync(path).isDirectory() : !path.endsWith(".jsonl");
  return resolve(isDirectory ? join(path, "report.jsonl") : path);
}

/** `name seed` of the rounds that have passed (L2). */
function passedRounds() {
  if (!existsSync(report)) return new Set();
  const lines = readFileSync(report, "utf8").split("\n").filter(isWhole);
  const rounds = lines.map((line) => JSON.parse(line));
  return new Set(rounds.filter(({ ok }) => ok).map(({ name, seed }) => `${name} ${seed}`));
}

/** A kill can leave half a line at the end. */
function isWhole(line) {
  return line.startsWith("{") && line.endsWith("}");
}

async function loadTests() {
  const directory = join(root, "benchmarks", "long");
  const files = readdirSync(directory).filter((file) => /^[a-z].*\.mjs$/.test(file));
  const tests = [];
  for (const file of files.toSorted()) {
    const test = await import(pathToFileURL(join(directory, file)).href);
    if (flags.only === undefined || flags.only === test.name) tests.push(test);
  }
  return tests;
}

async function runRound(test, seed) {
  try {
    return await test.runRound(seed);
  } catch (error) {
    return { ok: false, detail: error instanceof Error ? (error.stack ?? error.message) : error };
  }
}

/** A bar on a terminal; a line per round otherwise. */
function progressOf(total) {
  const start = performance.now();
  const bar = new SingleBar({
    stream: process.stderr,
    format: "{bar} {percentage} % · {value}/{total} rounds · {failed} failed · {what} · {eta}",
  });
  const isTerminal = process.stderr.isTTY;
  if (isTerminal) bar.start(total, 0, { failed: 0, what: "starting", eta: "" });
  return {
    show(done, failed, what) {
      const left = ((performance.now() - start) / 1_000 / Math.max(1, done)) * (total - done);
      const eta = done === 0 ? "" : `ETA ${Math.ceil(left)} s`;
      if (isTerminal) bar.update(done, { failed, what, eta });
      else process.stdout.write(`${done}/${total} ${what}${eta === "" ? "" : ` · ${eta}`}\n`);
    },
    stop() {
      if (isTerminal) bar.stop();
    },
  };
}

async function main() {
  if (!(await setUp())) return { passed: 0, failed: 1, before: 0 };
  const built = await build();
  if (built.code !== 0) {
    process.stderr.write(built.output);
    return { passed: 0, failed: 1, before: 0 };
  }
  mkdirSync(dirname(report), { recursive: true });
  const passedBefore = passedRounds();
  const tests = await loadTests();
  const all = tests.flatMap((test) => {
    const rounds = Math.min(test.rounds, Number(flags.rounds ?? test.rounds));
    return Array.from({ length: rounds }, (_, index) => ({ test, seed: index + 1 }));
  });
  const toRun = all.filter(({ test, seed }) => !passedBefore.has(`${test.name} ${seed}`));
  const progress = progressOf(toRun.length);
  let failed = 0;
  for (const [done, { test, seed }] of toRun.entries()) {
    progress.show(done, failed, `${test.name}, seed ${seed}`);
    const start = performance.now();
    const { ok, detail } = await runRound(test, seed);
    if (!ok) failed += 1;
    const seconds = Number(((performance.now() - start) / 1_000).toFixed(2));
    appendFileSync(report, `${JSON.stringify({ name: test.name, seed, ok, seconds, detail })}\n`);
    if (!ok)
      process.stderr.write(
        `\n${test.name}, seed ${seed} failed: ${typeof detail === "string" ? detail : JSON.stringify(detail)}\n`,
      );
  }
  progress.show(toRun.length, failed, "done");
  progress.stop();
  for (const test of tests) await test.close?.();
  return { passed: toRun.length - failed, failed, before: all.length - toRun.length };
}

const start = performance.now();
const { passed, failed, before } = await main();
process.stdout.write(`report: ${report} (${secondsSince(start)})\n`);
const earlier = before > 0 ? ` (${before} of them earlier)` : "";
process.stdout.write(`${passed + before} rounds passed${earlier}, ${failed} failed\n`);
process.exitCode = failed === 0 && passed + before > 0 ? 0 : 1;
