// Tests the tests: `node tools/mutations.mjs [NAME…]`. Each patch in packages/*/test/mutations
// breaks one operator; the tests that it names must fail on it, by an assertion.
//
// The last line is `N passed, N failed`.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { root, run } from "../dev/run.mjs";
import { applyHunks, readPatch } from "./mutations/patch.mjs";

const runsAtOnce = 2;
/** A mutation that makes a test go on for ever is not caught. */
const timeoutMs = 180_000;
const chosen = process.argv.slice(2);

function findPatches() {
  const packages = join(root, "packages");
  return readdirSync(packages, { recursive: true, encoding: "utf8" })
    .filter((path) => /^[\w-]+\/test\/mutations\/[\w-]+\.patch$/.test(path.replaceAll("\\", "/")))
    .map((path) => join(packages, path))
    .filter((path) => chosen.length === 0 || chosen.includes(basename(path, ".patch")))
    .toSorted();
}

/** @returns {Promise<string | undefined>} what is wrong: the mutation lives, or cannot be made */
async function problemOf(path) {
  const { tests, file, hunks } = readPatch(readFileSync(path, "utf8"));
  try {
    applyHunks(readFileSync(join(root, file), "utf8"), hunks);
  } catch (error) {
    return `does not fit ${file}: ${error.message}`;
  }
  const directory = mkdtempSync(join(tmpdir(), "millrace-mutation-"));
  const report = join(directory, "report.json");
  try {
    const words = ["run", "--bail=1", "--reporter=json", `--outputFile=${report}`, ...tests];
    const { output } = await run("vitest", words, {
      env: { MILLRACE_MUTATION: path },
      timeoutMs,
    });
    const counts = readCounts(report);
    if (counts === undefined) return `no test ran, or they did not end:\n${output}`;
    return counts.numFailedTests > 0 ? undefined : "no test failed";
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function readCounts(report) {
  try {
    return JSON.parse(readFileSync(report, "utf8"));
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

const patches = findPatches();
let passed = 0;
let failed = 0;
async function work() {
  for (let path = patches.pop(); path !== undefined; path = patches.pop()) {
    const problem = await problemOf(path);
    if (problem === undefined) passed += 1;
    else failed += 1;
    process.stdout.write(`${problem === undefined ? "caught " : "LIVES  "} ${basename(path)}\n`);
    if (problem !== undefined) process.stdout.write(`${problem}\n`);
  }
}
await Promise.all(Array.from({ length: runsAtOnce }, work));
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
