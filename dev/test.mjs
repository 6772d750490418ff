// Runs every test: `npm test`. Further arguments go to vitest: `npm test -- packages/core`.
//
// T1. The last line is `N passed, N failed`, and `, N skipped` where any was skipped.
// T2. A suite that cannot run counts as one failure; the exit code is 1 on any failure.
// T3. A fresh clone needs no step before it: packages are installed where they are missing.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, sep } from "node:path";
import { root, run, secondsSince } from "./run.mjs";
import { setUp } from "./setup.mjs";

/** Counts of vitest's report; undefined when it wrote none. */
function readReport(path) {
  let text;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
  const report = JSON.parse(text);
  // A file that fails before its first test has no test to count: it counts as one failure.
  const brokenFiles = report.testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some((t) => t.status === "failed"),
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + brokenFiles.length,
    skipped: report.numPendingTests + report.numTodoTests,
    areas: areasOf(report.testResults),
    skipReasons: skipReasonsOf(report.testResults),
  };
}

/** The reasons that names of suites give, "Kafka's log (skipped: no java)", each once. */
function skipReasonsOf(files) {
  const suites = files.flatMap((file) => file.assertionResults.flatMap((t) => t.ancestorTitles));
  return new Set(suites.map((name) => /\(skipped: (.+)\)$/.exec(name)?.[1]).filter(Boolean));
}

/** Tests and seconds of each package, pipeline, example or tool, slowest first. */
function areasOf(files) {
  const areas = new Map();
  for (const file of files) {
    const name = relative(root, file.name).split(sep).slice(0, 2).join("/");
    const area = areas.get(name) ?? { name, tests: 0, ms: 0 };
    area.tests += file.assertionResults.length;
    area.ms += file.endTime - file.startTime;
    areas.set(name, area);
  }
  return [...areas.values()].sort((left, right) => right.ms - left.ms);
}

const noCounts = { passed: 0, failed: 0, skipped: 0, areas: [], skipReasons: [] };

async function runVitest(args) {
  const directory = mkdtempSync(join(tmpdir(), "millrace-test-"));
  const report = join(directory, "report.json");
  const reporters = ["--reporter=dot", "--reporter=json", `--outputFile.json=${report}`];
  try {
    const { code } = await run("vitest", ["run", ...reporters, ...args], { output: "show" });
    const counts = readReport(report) ?? { ...noCounts };
    for (const { name, tests, ms } of counts.areas) {
      process.stdout.write(`  ${name}: ${tests} tests (${(ms / 1000).toFixed(1)} s)\n`);
    }
    for (const reason of counts.skipReasons) process.stdout.write(`  skipped: ${reason}\n`);
    // Unhandled errors fail vitest although every test passed.
    if (code !== 0 && counts.failed === 0) counts.failed = 1;
    return counts;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Type tests are checked by the compiler: one test per project. */
async function runTypeTests() {
  const { code, output } = await run("tsc", ["-p", "tsconfig.tests.json"]);
  process.stdout.write(output);
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
}

/** The tests themselves are tested: each mutation of an operator must make one fail. */
async function runMutations() {
  const { output } = await run(process.execPath, ["tools/mutations.mjs"]);
  const last = output.trimEnd().split("\n").at(-1) ?? "";
  const counts = /^(\d+) passed, (\d+) failed$/.exec(last);
  if (counts === null || counts[2] !== "0") process.stdout.write(output);
  if (counts === null) return { passed: 0, failed: 1, skipped: 0 };
  return { passed: Number(counts[1]), failed: Number(counts[2]), skipped: 0 };
}

const words = process.argv.slice(2);
const suites = [
  { name: "types", run: runTypeTests },
  { name: "tests and documentation examples", run: () => runVitest(words) },
  ...(words.length === 0 ? [{ name: "mutations", run: runMutations }] : []),
];

async function main() {
  const total = { passed: 0, failed: 0, skipped: 0 };
  if (!(await setUp())) {
    total.failed = 1;
    return total;
  }
  for (const suite of suites) {
    const start = performance.now();
    const counts = await suite.run();
    total.passed += counts.passed;
    total.failed += counts.failed;
    total.skipped += counts.skipped;
    process.stdout.write(
      `${suite.name}: ${counts.passed} passed, ${counts.failed} failed (${secondsSince(start)})\n`,
    );
  }
  return total;
}

const total = await main();
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : "";
process.stdout.write(`${total.passed} passed, ${total.failed} failed${skipped}\n`);
process.exitCode = total.failed === 0 ? 0 : 1;
