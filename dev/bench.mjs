// Runs a benchmark: `npm run bench -- NAME [--json]`. Without a name it lists them.
//
// A benchmark is a program: benchmarks/<name>.ts (bundled, packages stay imports) or .mjs. It runs
// in a process of its own on the built packages.
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "./build.mjs";
import { bundleTypeScript } from "./import-typescript.mjs";
import { root, run } from "./run.mjs";
import { setUp } from "./setup.mjs";

const directory = join(root, "benchmarks");
const names = readdirSync(directory)
  .filter((file) => /^[a-z].*\.(ts|mjs)$/.test(file))
  .map((file) => file.replace(/\.(ts|mjs)$/, ""))
  .toSorted();

const [name, ...args] = process.argv.slice(2);
if (name === undefined || !names.includes(name)) {
  const known = `benchmarks: ${names.join(", ")}\n`;
  if (name === undefined) process.stdout.write(known);
  else process.stderr.write(`There is no benchmark ${JSON.stringify(name)}. ${known}`);
  process.exit(name === undefined ? 0 : 2);
}
if (!(await setUp())) process.exit(3);
const built = await build();
if (built.code !== 0) {
  process.stderr.write(built.output);
  process.exit(built.code);
}
process.exitCode = await runBenchmark(name, args);

/** @returns {Promise<number>} the program's exit code */
async function runBenchmark(benchmark, flags) {
  const isBundled = readdirSync(directory).includes(`${benchmark}.ts`);
  const program = join(
    directory,
    isBundled ? `.${benchmark}.${process.pid}.mjs` : `${benchmark}.mjs`,
  );
  try {
    if (isBundled) await bundleTypeScript(join(directory, `${benchmark}.ts`), program);
    const words = [...(process.env.BENCH_NODE_FLAGS?.split(" ") ?? []), program];
    const { code } = await run(process.execPath, [...words, ...flags], { output: "show" });
    return code;
  } finally {
    if (isBundled) rmSync(program, { force: true });
  }
}
