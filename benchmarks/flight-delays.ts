// The flight-delays pipeline, its windows alone, and the same windows by DuckDB and by plain
// TypeScript. The p95 of Millrace is a sketch within 1 %; the other two sort, and are exact.
//
// Each case runs in processes of its own, in turn: the three million objects of one would slow the
// garbage collector of the others.
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
import { type PlainFlight, readFlights, windowsOf } from "./flight-delays/plain-windows.ts";
import { keep } from "./harness/compare.ts";
import { type Measurement, measureOnce, medianOf, rssMaxMb } from "./harness/measure.ts";
import { type BenchLine, printLines } from "./harness/report.ts";

const rowCount = 3_000_000;
const warmUps = 2;
const repeats = 3;
/** Processes per case. */
const rounds = 2;

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

let inMemory: readonly PlainFlight[] | undefined;

const cases: Readonly<Record<string, () => Promise<void>>> = {
  pipeline: runWhole,
  windows: () => windowsByMillrace(),
  duckdb: () => windowsByDuckDb(),
  plain: async () => keep(windowsOf(await readFlights())),
  plainFromMemory: async () => {
    inMemory ??= await readFlights();
    keep(windowsOf(inMemory));
  },
};

interface Found {
  readonly measurements: readonly Measurement[];
  readonly rssMaxMb: number;
}

/** In a process of its own: prints what it measured as JSON. */
async function runCase(name: string): Promise<void> {
  const work = cases[name];
  if (work === undefined) throw new Error(`there is no case ${name}`);
  for (let i = 0; i < warmUps; i += 1) await work();
  const measurements: Measurement[] = [];
  for (let i = 0; i < repeats; i += 1) measurements.push(await measureOnce(work));
  console.log(JSON.stringify({ measurements, rssMaxMb: rssMaxMb() } satisfies Found));
}

/** Runs a case in a process of its own, bound to one core if asked. */
function measureCase(name: string, isOneCore = false): Found {
  const words = [process.execPath, process.argv[1] ?? "", `--case=${name}`];
  const [command = "", ...rest] = isOneCore ? ["taskset", "-c", "0", ...words] : words;
  return JSON.parse(execFileSync(command, rest, { encoding: "utf8" })) as Found;
}

function together(found: readonly Found[]): Measurement & { readonly rssMaxMb: number } {
  return {
    ...medianOf(found.flatMap(({ measurements }) => measurements)),
    rssMaxMb: Math.max(...found.map((each) => each.rssMaxMb)),
  };
}

/** Nothing where the machine has no taskset. */
function oneCoreLines(found: readonly Found[]): BenchLine[] {
  if (found.length === 0) return [];
  const { cpuMs, wallMs, rssMaxMb: rss } = together(found);
  const target = { name: "target", perSecond: 1_000_000 };
  return [
    line("pipeline, bound to one core", wallMs, "rows/s", target),
    line("pipeline, bound to one core", cpuMs, "rows/cpu-s", target),
    {
      case: "pipeline, bound to one core, peak RSS",
      value: rss,
      unit: "MB",
      baseline: 600,
      against: "target",
      lowerIsBetter: true,
    },
  ];
}

const perSecond = (ms: number): number => rowCount / (ms / 1_000);

function line(
  name: string,
  ms: number,
  unit: string,
  against?: { readonly name: string; readonly perSecond: number },
): BenchLine {
  return {
    case: name,
    value: perSecond(ms),
    unit,
    ...(against === undefined ? {} : { baseline: against.perSecond, against: against.name }),
  };
}

function hasTaskset(): boolean {
  try {
    execFileSync("taskset", ["--version"]);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

async function main(): Promise<void> {
  await assertAgreement();
  const all = new Map<string, Found[]>(Object.keys(cases).map((name) => [name, []]));
  const oneCore: Found[] = [];
  const isBound = hasTaskset();
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, found] of all) found.push(measureCase(name));
    if (isBound) oneCore.push(measureCase("pipeline", true));
  }
  const of = (name: string): ReturnType<typeof together> => together(all.get(name) ?? []);
  const plain = of("plain");
  const target = { name: "target", perSecond: 1_000_000 };
  const byCpu = { name: "plain TypeScript", perSecond: perSecond(plain.cpuMs) };
  const byWall = { name: "plain TypeScript", perSecond: perSecond(plain.wallMs) };
  const duckdb = { name: "DuckDB, one thread", perSecond: perSecond(of("duckdb").cpuMs) };
  const fromMemory = of("plainFromMemory");
  printLines("flight-delays", [
    line("pipeline", of("pipeline").cpuMs, "rows/cpu-s", target),
    line("pipeline", of("pipeline").wallMs, "rows/s"),
    ...oneCoreLines(oneCore),
    line("windows", of("windows").cpuMs, "rows/cpu-s", byCpu),
    line("windows", of("windows").cpuMs, "rows/cpu-s", duckdb),
    line("windows", of("windows").wallMs, "rows/s", byWall),
    line("plain TypeScript, rows in memory", fromMemory.cpuMs, "rows/cpu-s", byCpu),
  ]);
}

const asked = process.argv.find((word) => word.startsWith("--case="));
await (asked === undefined ? main() : runCase(asked.slice("--case=".length)));
