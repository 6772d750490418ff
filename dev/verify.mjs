// Checks everything: `npm run verify`; without the tests: `npm run verify -- --static`.
//
// V1. Every step runs, also after one that failed; the exit code is 1 when any failed.
// V2. A step's output is shown only when it fails.
// V3. The last line is `N passed, N failed`, counting steps.
import { run, secondsSince } from "./run.mjs";
import { setUp } from "./setup.mjs";

const node = process.execPath;

/** The steps that need no test run. */
const staticSteps = [
  { name: "format", command: ["oxfmt", "--check"] },
  { name: "lint", command: ["oxlint"] },
  { name: "types", command: ["tsc", "-b"] },
  { name: "types of tests", command: ["tsc", "-p", "tsconfig.tests.json"] },
  { name: "types of benchmarks", command: ["tsc", "-p", "benchmarks"] },
  { name: "tidy", command: [node, "tools/tidy/tidy.mjs"] },
  { name: "unused code", command: ["knip", "--no-progress"] },
  { name: "API reports", command: [node, "tools/api-report.mjs"] },
  { name: "exports", command: [node, "tools/check-exports.mjs"] },
  { name: "error pages", command: [node, "tools/error-pages.mjs", "--check"] },
];

async function runStep({ name, command, isShown }) {
  const start = performance.now();
  const [program, ...args] = command;
  const { code, output } = await run(program, args, { output: isShown ? "show" : "collect" });
  if (code !== 0) process.stdout.write(`${output.trimEnd()}\n`);
  process.stdout.write(`${code === 0 ? "ok    " : "FAILED"}  ${name} (${secondsSince(start)})\n`);
  return { name, isPassed: code === 0 };
}

const isStatic = process.argv.includes("--static");
const testStep = { name: "tests", command: [node, "dev/test.mjs"], isShown: true };
const steps = isStatic ? staticSteps : [...staticSteps, testStep];

const results = [];
if (await setUp()) for (const step of steps) results.push(await runStep(step));
else results.push({ name: "set-up", isPassed: false });

const failed = results.filter(({ isPassed }) => !isPassed);
if (failed.length > 0) process.stdout.write(`Failed: ${failed.map((r) => r.name).join(", ")}\n`);
process.stdout.write(`${results.length - failed.length} passed, ${failed.length} failed\n`);
process.exitCode = failed.length === 0 ? 0 : 1;
