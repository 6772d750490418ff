import { DuckDBInstance } from "@duckdb/node-api";
import { flightsFile, type HourRow, hourKey } from "./flights-file.ts";

const hourMs = 3_600_000;

/** A flight as a program without a framework would hold it. */
export interface PlainFlight {
  readonly date: number;
  readonly delay: number;
  readonly origin: string;
}

/** Reads the Parquet file into one object a row, in chunks as the driver gives them. */
export async function readFlights(): Promise<PlainFlight[]> {
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await instance.connect();
  const flights: PlainFlight[] = [];
  try {
    const result = await connection.stream(`SELECT date, delay, origin FROM '${flightsFile}'`);
    for await (const rows of result.yieldRowObjectJs()) {
      for (const row of rows) {
        flights.push({
          date: (row["date"] as Date).getTime(),
          delay: Number(row["delay"]),
          origin: row["origin"] as string,
        });
      }
    }
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
  return flights;
}

interface OpenHour {
  flights: number;
  sum: number;
  delayed: number;
  readonly delays: number[];
}

/** The windows by one Map, with the delays kept to sort them. */
export function windowsOf(flights: readonly PlainFlight[]): Map<string, HourRow> {
  const open = new Map<string, OpenHour>();
  for (const flight of flights) {
    const key = hourKey(flight.origin, Math.floor(flight.date / hourMs) * hourMs);
    let hour = open.get(key);
    if (hour === undefined) {
      hour = { flights: 0, sum: 0, delayed: 0, delays: [] };
      open.set(key, hour);
    }
    hour.flights += 1;
    hour.sum += flight.delay;
    if (flight.delay > 15) hour.delayed += 1;
    hour.delays.push(flight.delay);
  }
  const rows = new Map<string, HourRow>();
  for (const [key, hour] of open) {
    hour.delays.sort((a, b) => a - b);
    rows.set(key, {
      flights: hour.flights,
      meanDelay: hour.sum / hour.flights,
      p95Delay: hour.delays[Math.floor(0.95 * (hour.flights - 1))] as number,
      shareDelayed: hour.delayed / hour.flights,
    });
  }
  return rows;
}
