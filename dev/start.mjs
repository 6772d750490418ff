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
const { code, isStopped } = await runPipeline();
if (code !== 0 || isStopped) process.exit(code);
await writeReport();

/**
 * Runs the pipeline in the foreground; a signal stops it after a last commit, and there is no
 * report then. A terminal gives its Ctrl-C to the child itself: sent on, it would count as a second
 * one.
 */
function runPipeline() {
  const bin = join(root, "packages", "millrace", "bin", "pipe.js");
  const words = [bin, "run", "pipelines/flight-delays/pipeline.ts", "--state", state];
  const child = spawn(process.execPath, [...words, ...process.argv.slice(2)], {
    cwd: root,
    stdio: "inherit",
  });
  let isStopped = false;
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.on(signal, () => {
      isStopped = true;
      if (signal === "SIGTERM" || process.stdin.isTTY !== true) child.kill(signal);
    });
  }
  return new Promise((resolve) => {
    child.on("exit", (exitCode) => resolve({ code: exitCode ?? 1, isStopped }));
  });
}

async function writeReport() {
  const { buildReport } = await import("../pipelines/flight-delays/report/build-report.mjs");
  const lines = await buildReport({
    databaseFile: join(root, databaseFile),
    outputFile: join(root, reportFile),
  });
  process.stdout.write(`\n${lines.join("\n")}\n\nreport: ${reportFile}\n`);
}
