// `npm start`: sets up, builds what it needs, runs the flight-delays pipeline and writes its
// report.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { build } from "./build.mjs";
import { root } from "./run.mjs";
import { setUp } from "./setup.mjs";

const state = ".millrace";
const reportFile = join(state, "flight-delays.html");
const databaseFile = join(state, "flight-delays.duckdb");

if (!(await setUp())) process.exit(3);
const built = await build();
if (built.code !== 0) {
  process.stderr.write(built.output);
  process.exit(built.code);
}
const code = await runPipeline();
if (code !== 0) process.exit(code);
await writeReport();

/**
 * Runs in the foreground; a signal goes to the command as well, which stops after a last commit.
 */
function runPipeline() {
  const bin = join(root, "packages", "millrace", "bin", "pipe.js");
  const words = [bin, "run", "pipelines/flight-delays/pipeline.ts", "--state", state];
  const child = spawn(process.execPath, [...words, ...process.argv.slice(2)], {
    cwd: root,
    stdio: "inherit",
  });
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => child.on("exit", (exitCode) => resolve(exitCode ?? 1)));
}

async function writeReport() {
  const { buildReport } = await import("../pipelines/flight-delays/report/build-report.mjs");
  const lines = await buildReport({
    databaseFile: join(root, databaseFile),
    outputFile: join(root, reportFile),
  });
  process.stdout.write(`\n${lines.join("\n")}\n\nreport: ${reportFile}\n`);
}
