import {
  type Block,
  figure,
  forecastFanPlot,
  formatNumber,
  formatShare,
  type Section,
  table,
  text,
} from "@millrace/report";
import type { Query } from "./database.ts";

const airportCount = 4;

type Point = {
  time: number;
  mean: number;
  lower80: number;
  upper80: number;
  lower95: number;
  upper95: number;
};

/** The last forecast of the busiest airports after the last week of counts. */
export async function forecastSection(query: Query): Promise<Section> {
  const airports = await query<{ origin: string }>(`
    SELECT origin FROM airport_hours
    WHERE origin IN (SELECT origin FROM forecasts)
    GROUP BY origin ORDER BY sum(flights) DESC, origin LIMIT ${airportCount}`);
  const blocks: Block[] = [];
  for (const { origin } of airports) blocks.push(await fan(query, origin));
  const note =
    "Flights an hour: the last week (line), then the newest forecast for the next 48 hours " +
    "(dashed) with the ranges that should hold 80 % and 95 % of what comes.";
  return { title: "The next 48 hours", blocks: [text(note), ...blocks] };
}

async function fan(query: Query, origin: string): Promise<Block> {
  const name = origin.replaceAll("'", "''");
  const points = await query<Point>(`
    SELECT windowStart AS time, mean, lower80, upper80, lower95, upper95 FROM forecasts
    WHERE origin = '${name}'
      AND issuedAt = (SELECT max(issuedAt) FROM forecasts WHERE origin = '${name}')
    ORDER BY windowStart`);
  // Hours without a flight have no row: they are zeros of the line, not gaps.
  const history = await query<{ time: number; flights: number }>(`
    WITH issue AS (SELECT max(issuedAt) AS issued FROM forecasts WHERE origin = '${name}'),
    hours AS (
      SELECT issued - to_hours(unnest(range(1, 169))) AS time
      FROM issue
    )
    SELECT h.time::TIMESTAMP AS time, coalesce(a.flights, 0) AS flights
    FROM hours h LEFT JOIN airport_hours a ON a.origin = '${name}' AND a.windowStart = h.time
    ORDER BY h.time`);
  // There are no fewer than no flights: ranges below zero are cut off.
  const plot = forecastFanPlot({
    label: `Flights an hour from ${origin}: last week and forecast`,
    unit: `${origin}: flights an hour`,
    height: 230,
    history: { times: history.map((h) => h.time), values: history.map((h) => h.flights) },
    forecast: {
      times: points.map((point) => point.time),
      mean: points.map((point) => point.mean),
      lower80: points.map((point) => Math.max(0, point.lower80)),
      upper80: points.map((point) => point.upper80),
      lower95: points.map((point) => Math.max(0, point.lower95)),
      upper95: points.map((point) => point.upper95),
    },
  });
  const total = points.slice(0, 24).reduce((sum, point) => sum + point.mean, 0);
  return figure(plot, `${origin}: about ${formatNumber(total)} flights expected in 24 hours.`);
}

type StepRow = {
  horizon: string;
  points: number;
  coverage80: number;
  coverage95: number;
  error: number;
  naiveError: number;
};

/** Coverage and error by how far ahead the forecast looked. */
export async function accuracyByStep(query: Query): Promise<Block> {
  const rows = await query<StepRow>(`
    WITH known AS (SELECT min(windowStart) AS first, max(windowEnd) AS last FROM airport_hours),
    compared AS (
      SELECT f.*, (f.step - 1) // 12 AS part,
        coalesce(a.flights, 0) AS actual, coalesce(w.flights, 0) AS naive
      FROM forecasts f CROSS JOIN known
      LEFT JOIN airport_hours a ON a.origin = f.origin AND a.windowStart = f.windowStart
      LEFT JOIN airport_hours w
        ON w.origin = f.origin AND w.windowStart = f.windowStart - INTERVAL 7 DAY
      WHERE f.windowEnd < known.last AND f.windowStart - INTERVAL 7 DAY >= known.first
    )
    SELECT concat(part * 12 + 1, '–', part * 12 + 12) AS horizon, count(*) AS points,
      avg((actual BETWEEN lower80 AND upper80)::INTEGER) AS coverage80,
      avg((actual BETWEEN lower95 AND upper95)::INTEGER) AS coverage95,
      avg(abs(mean - actual)) AS error, avg(abs(naive - actual)) AS naiveError
    FROM compared GROUP BY part ORDER BY part`);
  const columns = [
    { name: "Hours ahead" },
    { name: "Hours checked", isNumber: true },
    { name: "In the 80 % range", isNumber: true },
    { name: "In the 95 % range", isNumber: true },
    { name: "Error, flights an hour", isNumber: true },
    { name: "Same hour last week", isNumber: true },
  ];
  const cells = rows.map((row) => [
    row.horizon,
    formatNumber(row.points),
    formatShare(row.coverage80, 1),
    formatShare(row.coverage95, 1),
    formatNumber(row.error, 2),
    formatNumber(row.naiveError, 2),
  ]);
  return table(columns, cells);
}
