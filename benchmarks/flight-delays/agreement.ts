import { windowsByDuckDb } from "./duckdb-windows.ts";
import type { HourRow } from "./flights-file.ts";
import { windowsByMillrace } from "./millrace-windows.ts";
import { readFlights, windowsOf } from "./plain-windows.ts";

/**
 * Checks that all three give the same hours, counts, means and shares, and that the sketch is
 * within 1 % of the exact p95.
 *
 * @throws Error that names the first hour in which they differ
 */
export async function assertAgreement(): Promise<void> {
  const exact = windowsOf(await readFlights());
  const millrace = new Map<string, HourRow>();
  await windowsByMillrace(millrace);
  const duckdb = new Map<string, HourRow>();
  await windowsByDuckDb(duckdb);
  assertSame("Millrace", millrace, exact);
  assertSame("DuckDB", duckdb, exact);
  for (const [key, { p95Delay }] of millrace) {
    const expected = (exact.get(key) as HourRow).p95Delay;
    if (Math.abs(p95Delay - expected) > 0.0101 * Math.abs(expected)) {
      throw new Error(`the sketch says ${p95Delay} for ${key}, the exact p95 is ${expected}`);
    }
  }
}

function assertSame(name: string, found: Map<string, HourRow>, exact: Map<string, HourRow>): void {
  if (found.size !== exact.size) {
    throw new Error(`${name} gives ${found.size} hours instead of ${exact.size}`);
  }
  for (const [key, hour] of exact) {
    const other = found.get(key);
    const isSame =
      other?.flights === hour.flights &&
      Math.abs(other.meanDelay - hour.meanDelay) <= 1e-9 * Math.max(1, Math.abs(hour.meanDelay)) &&
      Math.abs(other.shareDelayed - hour.shareDelayed) <= 1e-12;
    if (isSame) continue;
    throw new Error(
      `${name} gives ${JSON.stringify(other)} for ${key} instead of ${JSON.stringify(hour)}`,
    );
  }
}
