// Compares with oracles on random inputs: `npm run fuzz [-- --only NAME] [--seed N] [--inputs N]`.
//
// Each packages/*/test/fuzz/*.ts that exports `fuzz` is one comparison: `name`, `inputs`, and
// `fuzz(seed, count, progress)`, which resolves to the first difference as text, or undefined.
//
// F1. The same seed gives the same inputs.
// F2. The last line is `N comparisons passed, N failed`; the exit code is 1 on any difference, and
//     when nothing ran at all.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { SingleBar } from "cli-progress";
import { build } from "./build.mjs";
import { importTypeScript } from "./import-typescript.mjs";
import { root, secondsSince } from "./run.mjs";
import { setUp } from "./setup.mjs";

const { values: flags } = parseArgs({
  options: { only: { type: "string" }, seed: { type: "string" }, inputs: { type: "string" } },
});
const seed = Number(flags.seed ?? 1);

async function loadComparisons() {
  const packages = join(root, "packages");
  const files = readdirSync(packages)
    .map((name) => join(packages, name, "test", "fuzz"))
    .filter((directory) => existsSync(directory))
    .flatMap((directory) => readdirSync(directory).map((file) => join(directory, file)))
    .filter((file) => /\/[a-z][^/.]*\.ts$/.test(file));
  const found = [];
  for (const file of files.toSorted()) {
    const { name, inputs, fuzz } = await importTypeScript(file);
    if (fuzz === undefined) continue;
    if (flags.only === undefined || flags.only === name) found.push({ name, inputs, fuzz });
  }
  return found;
}

/** Shows how far it is on a terminal, and gives the terminal time to draw. */
function progressOf(name, total) {
  const bar = new SingleBar({
    stream: process.stderr,
    format: `${name} {bar} {percentage} % · {value}/{total} inputs · ETA {eta} s`,
  });
  if (process.stderr.isTTY) bar.start(total, 0);
  return {
    async show(done) {
      bar.update(done);
      await new Promise((resolve) => setImmediate(resolve));
    },
    stop: () => bar.stop(),
  };
}

async function compare({ name, inputs, fuzz }) {
  const count = Number(flags.inputs ?? inputs);
  const start = performance.now();
  const progress = progressOf(name, count);
  const difference = await fuzz(seed, count, progress.show);
  progress.stop();
  const what = `${name}, seed ${seed}: ${count.toLocaleString("en")} inputs`;
  const how = difference === undefined ? "no difference" : `a difference: ${difference}`;
  process.stdout.write(`${what}, ${secondsSince(start)}, ${how}\n`);
  return difference === undefined;
}

async function main() {
  if (!(await setUp())) return { passed: 0, failed: 1 };
  const built = await build();
  if (built.code !== 0) {
    process.stderr.write(built.output);
    return { passed: 0, failed: 1 };
  }
  let passed = 0;
  let failed = 0;
  for (const comparison of await loadComparisons()) {
    if (await compare(comparison)) passed += 1;
    else failed += 1;
  }
  return { passed, failed };
}

const { passed, failed } = await main();
process.stdout.write(`${passed} comparisons passed, ${failed} failed\n`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
