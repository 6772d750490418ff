import { fileURLToPath } from "node:url";

/** Three million flights; the bundle that runs lies in benchmarks/. */
export const flightsFile: string = fileURLToPath(
  new URL("../node_modules/vega-datasets/data/flights-3m.parquet", import.meta.url),
);

/** The windows of one airport and hour. */
export interface HourRow {
  readonly flights: number;
  readonly meanDelay: number;
  readonly p95Delay: number;
  readonly shareDelayed: number;
}

/** Name of an airport's hour: `ORD|980000000000`. */
export function hourKey(origin: string, hourMs: number): string {
  return `${origin}|${hourMs}`;
}
