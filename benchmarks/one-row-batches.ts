// The whole flight-delays pipeline with one row a batch: what a batch costs beside its rows.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { run } from "millrace";
import { flightDelays } from "../pipelines/flight-delays/flight-delays.ts";
import { flightsFile } from "./flight-delays/flights-file.ts";
import { measureInTurn } from "./harness/measure.ts";
import { type BenchLine, printLines } from "./harness/report.ts";

const rowCount = 100_000;

async function writeFirstFlights(path: string): Promise<void> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  try {
    await connection.run(
      `COPY (SELECT * FROM read_parquet('${flightsFile}') LIMIT ${rowCount})
        TO '${path}' (FORMAT parquet)`,
    );
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function runOnce(input: string, batchRows: number): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "millrace-bench-"));
  try {
    const pipeline = flightDelays({ input, output: join(directory, "out.duckdb") });
    await run(pipeline, { state: join(directory, "state"), batchRows });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const directory = mkdtempSync(join(tmpdir(), "millrace-bench-"));
try {
  const input = join(directory, "first.parquet");
  await writeFirstFlights(input);
  const cases = [
    { name: "one", run: () => runOnce(input, 1) },
    { name: "many", run: () => runOnce(input, 65_536) },
  ];
  const found = await measureInTurn(cases, { warmUps: 1, repeats: 3 });
  const [one, many] = [found.get("one"), found.get("many")];
  if (one === undefined || many === undefined) throw new Error("both cases were measured");
  const line = (name: string, ms: number, baseline: number, against: string): BenchLine => ({
    case: name,
    value: (ms * 1_000) / rowCount,
    unit: "µs/batch",
    baseline,
    against,
    lowerIsBetter: true,
  });
  printLines("one-row-batches", [
    line("pipeline, 1 row a batch, CPU time", one.cpuMs, 20, "target"),
    line("pipeline, 1 row a batch, wall time", one.wallMs, 20, "target"),
    line(
      "the same rows, 65,536 a batch, CPU time per row",
      many.cpuMs,
      (one.cpuMs * 1_000) / rowCount,
      "1 row a batch",
    ),
  ]);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
