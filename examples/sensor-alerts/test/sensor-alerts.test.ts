import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DuckDBInstance } from "@duckdb/node-api";
import { run } from "millrace";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sensorAlerts } from "../sensor-alerts.ts";

const input = fileURLToPath(new URL("../readings.ndjson", import.meta.url));
const generator = fileURLToPath(new URL("../make-readings.mjs", import.meta.url));
const hourMs = 3_600_000;

interface Reading {
  readonly at: string;
  readonly machine: string;
  readonly celsius: number;
}

const readings = readFileSync(input, "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as Reading);

/** Hours that the generator makes faulty. */
const faultyHours = [
  "lathe-1 2026-03-07 14:00:00",
  "lathe-1 2026-03-07 15:00:00",
  "lathe-2 2026-03-10 20:00:00",
  "lathe-2 2026-03-10 21:00:00",
  "lathe-2 2026-03-10 22:00:00",
  "press-1 2026-03-09 03:00:00",
];

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "sensor-alerts-"));
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function rowsOf(file: string, sql: string): Promise<Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(file, { access_mode: "READ_ONLY" });
  try {
    const connection = await instance.connect();
    return (await connection.runAndReadAll(sql)).getRowObjectsJson();
  } finally {
    instance.closeSync();
  }
}

/** Readings whose hour had ended five minutes before the newest reading, in order of arrival. */
function splitByLateness(): { late: Reading[]; onTime: Reading[] } {
  const late: Reading[] = [];
  const onTime: Reading[] = [];
  let newest = Number.NEGATIVE_INFINITY;
  for (const reading of readings) {
    const time = Date.parse(reading.at);
    const hourEnd = (Math.floor(time / hourMs) + 1) * hourMs;
    (hourEnd <= newest - 5 * 60_000 ? late : onTime).push(reading);
    newest = Math.max(newest, time);
  }
  return { late, onTime };
}

test("alerts are the hours that the generator makes faulty, and no others", async () => {
  const output = join(directory, "alerts.duckdb");
  await run(sensorAlerts({ input, output }));
  const alerts = await rowsOf(output, "SELECT * FROM alerts ORDER BY machine, windowStart");
  expect(alerts.map((alert) => `${alert["machine"]} ${alert["windowStart"]}`)).toEqual(faultyHours);
  const { onTime } = splitByLateness();
  for (const { machine, windowStart, meanCelsius } of alerts) {
    const hour = `${windowStart}`.slice(0, 13).replace(" ", "T");
    const values = onTime.filter((r) => r.machine === machine && r.at.startsWith(hour));
    const total = values.reduce((sum, reading) => sum + reading.celsius, 0);
    expect(meanCelsius).toBeCloseTo(total / values.length, 9);
  }
});

test("late readings are those that come after their hour has closed", async () => {
  const output = join(directory, "late.duckdb");
  const { rowsLate } = await run(sensorAlerts({ input, output }));
  const sql = 'SELECT machine, celsius, epoch_ms("at")::DOUBLE AS ms FROM late_readings';
  const written = await rowsOf(output, sql);
  const text = (machine: unknown, ms: unknown, celsius: unknown) => `${machine} ${ms} ${celsius}`;
  const { late } = splitByLateness();
  expect(written.map((r) => text(r["machine"], r["ms"], r["celsius"])).toSorted()).toEqual(
    late.map((r) => text(r.machine, Date.parse(r.at), r.celsius)).toSorted(),
  );
  expect(rowsLate).toBe(16);
});

test("a higher threshold leaves only the alerts that are stranger", async () => {
  const output = join(directory, "strange.duckdb");
  await run(sensorAlerts({ input, output }), { parameters: { threshold: 0.6 } });
  const alerts = await rowsOf(output, "SELECT machine FROM alerts ORDER BY machine");
  expect(alerts.map(({ machine }) => machine)).toEqual(["lathe-1", "lathe-2", "press-1"]);
});

test("the readings are what the generator writes", () => {
  copyFileSync(generator, join(directory, "make-readings.mjs"));
  execFileSync(process.execPath, [join(directory, "make-readings.mjs")]);
  const made = readFileSync(join(directory, "readings.ndjson"));
  expect(made.equals(readFileSync(input))).toBe(true);
});
