import type { Query } from "./database.ts";

/** Numbers over all airports and hours. */
export interface Totals extends Record<string, number> {
  flights: number;
  airports: number;
  hours: number;
  /** Minutes, weighted by flights. */
  meanDelay: number;
  /** 0…1: flights more than 15 minutes late. */
  shareDelayed: number;
  /** ms since 1970. */
  start: number;
  end: number;
}

export async function readTotals(query: Query): Promise<Totals> {
  const [totals] = await query<Totals>(`
    SELECT sum(flights)::BIGINT AS flights, count(DISTINCT origin) AS airports, count(*) AS hours,
      sum(meanDelay * flights) / sum(flights) AS meanDelay,
      sum(shareDelayed * flights) / sum(flights) AS shareDelayed,
      min(windowStart) AS start, max(windowStart) AS "end"
    FROM airport_hours`);
  return totals as Totals;
}

/** A day on which many airport hours were out of their expected range. */
export type AnomalousDay = {
  /** ms since 1970, midnight. */
  day: number;
  airportHours: number;
  airports: number;
  /** Minutes by which those hours were later than expected, weighted by flights. */
  laterBy: number;
  flights: number;
  /** The airports with the most additional delay: `ORD, LGA`. */
  worst: string;
};

/**
 * The days with the most additional delay (minutes × flights) in hours marked late, worst first.
 */
export async function readAnomalousDays(query: Query, count: number): Promise<AnomalousDay[]> {
  return await query<AnomalousDay>(`
    WITH late AS (
      SELECT date_trunc('day', windowStart)::TIMESTAMP AS day, origin, flights,
        (meanDelay - expected) * flights AS minutes
      FROM anomalies WHERE meanDelay > expected
    ), per_airport AS (
      SELECT day, origin, count(*) AS hours, sum(flights) AS flights, sum(minutes) AS minutes
      FROM late GROUP BY ALL
    )
    SELECT day, sum(hours)::BIGINT AS airportHours, count(*) AS airports,
      sum(minutes) / sum(flights) AS laterBy, sum(flights)::BIGINT AS flights,
      array_to_string(list(origin ORDER BY minutes DESC, origin)[1:5], ', ') AS worst
    FROM per_airport GROUP BY day ORDER BY sum(minutes) DESC, day LIMIT ${count}`);
}

/** How forecasts did against what came, over all airports and issues. */
export interface ForecastAccuracy extends Record<string, number | null> {
  /** Forecast points for which the hour has come. */
  points: number;
  /** 0…1: points inside the interval. */
  coverage80: number | null;
  coverage95: number | null;
  /** Mean absolute error in flights an hour, where the naive forecast exists. */
  error: number | null;
  /** The same for "as many as in the same hour a week earlier". */
  naiveError: number | null;
}

/**
 * Compares forecasts with counts. An hour without a row in which the data goes on had no flight.
 * The naive forecast is compared on exactly the same points.
 */
export async function readForecastAccuracy(query: Query): Promise<ForecastAccuracy> {
  const [accuracy] = await query<ForecastAccuracy>(`
    WITH known AS (SELECT min(windowStart) AS first, max(windowEnd) AS last FROM airport_hours),
    compared AS (
      SELECT f.*, coalesce(a.flights, 0) AS actual, coalesce(w.flights, 0) AS naive
      FROM forecasts f CROSS JOIN known
      LEFT JOIN airport_hours a ON a.origin = f.origin AND a.windowStart = f.windowStart
      LEFT JOIN airport_hours w
        ON w.origin = f.origin AND w.windowStart = f.windowStart - INTERVAL 7 DAY
      WHERE f.windowEnd < known.last AND f.windowStart - INTERVAL 7 DAY >= known.first
    )
    SELECT count(*) AS points,
      avg((actual BETWEEN lower80 AND upper80)::INTEGER) AS coverage80,
      avg((actual BETWEEN lower95 AND upper95)::INTEGER) AS coverage95,
      avg(abs(mean - actual)) AS error, avg(abs(naive - actual)) AS naiveError
    FROM compared`);
  return accuracy as ForecastAccuracy;
}

const weekdays = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");

/** `Sunday 2001-02-25` */
export function nameDay(day: number): string {
  const date = new Date(day);
  return `${weekdays[date.getUTCDay()]} ${date.toISOString().slice(0, 10)}`;
}
