// The flight-delays pipeline, its windows alone, and the same windows by DuckDB and by plain
// TypeScript. The p95 of Millrace is a sketch within 1 %; the other two sort, and are exact.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "millrace";
import { flightDelays } from "../pipelines/flight-delays/flight-delays.ts";
import { assertAgreement } from "./flight-delays/agreement.ts";
import { windowsByDuckDb } from "./flight-delays/duckdb-windows.ts";
import { flightsFile } from "./flight-delays/flights-file.ts";
import { windowsByMillrace } from "./flight-delays/millrace-windows.ts";
import { readFlights, windowsOf } from "./flight-delays/plain-windows.ts";
import { type Measurement, measureInTurn, measureOnce, rssMaxMb } from "./harness/measure.ts";
import { type BenchLine, printLines } from "./harness/report.ts";

const rowCount = 3_000_000;
const repeats = 3;

/** The whole pipeline: windows, detection, forecasts, exactly-once tables, state on disk. */
async function runWhole(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "millrace-bench-"));
  try {
    const pipeline = flightDelays({ input: flightsFile, output: join(directory, "out.duckdb") });
    const summary = await run(pipeline, { state: join(directory, "state") });
    if (summary.outcome !== "finished") throw new Error(`the run ended as ${summary.outcome}`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** In a process bound to one core: one warm-up, then the best of the repeats as JSON. */
async function runOneCore(): Promise<void> {
  await runWhole();
  const all: Measurement[] = [];
  for (let repeat = 0; repeat < repeats; repeat += 1) all.push(await measureOnce(runWhole));
  const sorted = all.toSorted((a, b) => a.wallMs - b.wallMs);
  console.log(JSON.stringify({ ...sorted[(repeats - 1) >> 1], rssMaxMb: rssMaxMb() }));
}

function oneCoreLines(): BenchLine[] {
  const words = ["-c", "0", process.execPath, "--expose-gc", process.argv[1] ?? "", "--one-core"];
  let text: string;
  try {
    text = execFileSync("taskset", words, { encoding: "utf8" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return [];
  }
  const found = JSON.parse(text) as Measurement & { rssMaxMb: number };
  const rowsPerSecond = rowCount / (found.wallMs / 1_000);
  return [
    {
      case: "pipeline, bound to one core",
      value: rowsPerSecond,
      unit: "rows/s",
      baseline: 1_000_000,
      against: "target",
    },
    {
      case: "pipeline, bound to one core, peak RSS",
      value: found.rssMaxMb,
      unit: "MB",
      baseline: 600,
      against: "target",
      lowerIsBetter: true,
    },
  ];
}

function line(
  name: string,
  ms: number,
  unit: string,
  against?: { readonly name: string; readonly ms: number },
): BenchLine {
  const perSecond = (each: number): number => rowCount / (each / 1_000);
  return {
    case: name,
    value: perSecond(ms),
    unit,
    ...(against === undefined ? {} : { baseline: perSecond(against.ms), against: against.name }),
  };
}

async function main(): Promise<void> {
  await assertAgreement();
  const flights = await readFlights();
  const cases = [
    { name: "pipeline", run: runWhole },
    { name: "windows", run: () => windowsByMillrace() },
    { name: "duckdb", run: () => windowsByDuckDb() },
    { name: "plain", run: async () => void windowsOf(await readFlights()) },
    { name: "plain from memory", run: () => void windowsOf(flights) },
  ];
  const found = await measureInTurn(cases, { warmUps: 1, repeats });
  const of = (name: string): Measurement => found.get(name) as Measurement;
  const plain = { name: "plain TypeScript", ms: of("plain").cpuMs };
  printLines("flight-delays", [
    {
      ...line("pipeline", of("pipeline").cpuMs, "rows/cpu-s"),
      baseline: 1_000_000,
      against: "target",
    },
    line("pipeline", of("pipeline").wallMs, "rows/s"),
    line("windows", of("windows").cpuMs, "rows/cpu-s", plain),
    line("windows", of("windows").cpuMs, "rows/cpu-s", {
      name: "DuckDB, one thread",
      ms: of("duckdb").cpuMs,
    }),
    line("windows", of("windows").wallMs, "rows/s", {
      name: "plain TypeScript",
      ms: of("plain").wallMs,
    }),
    line("plain TypeScript from memory", of("plain from memory").cpuMs, "rows/cpu-s"),
    ...oneCoreLines(),
  ]);
}

await (process.argv.includes("--one-core") ? runOneCore() : main());
