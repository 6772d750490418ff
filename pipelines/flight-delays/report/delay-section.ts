import { figure, type Marker, type Section, text, timeSeriesPlot } from "@millrace/report";
import type { Query } from "./database.ts";

/** Airports shown; those with the most delay beyond what was expected. */
const airportCount = 4;

/** Daily delays of the airports with the most unusual hours, with every marked hour. */
export async function delaySection(query: Query): Promise<Section> {
  const airports = await query<{ origin: string }>(`
    SELECT origin FROM anomalies WHERE meanDelay > expected
    GROUP BY origin ORDER BY sum((meanDelay - expected) * flights) DESC, origin
    LIMIT ${airportCount}`);
  const blocks = [];
  for (const { origin } of airports) blocks.push(await airportFigure(query, origin));
  const note =
    "The line is the mean delay of each day, the band the range into which the middle 80 % of " +
    "the airport's hours fell in the seven days before. Marks are single hours that the detector " +
    "found out of their expected range; rest the pointer on one for what was expected.";
  return { title: "Delays and anomalies", blocks: [text(note), ...blocks] };
}

type Day = { day: number; delay: number; lower: number | null; upper: number | null };
type Hour = {
  time: number;
  meanDelay: number;
  expected: number | null;
  severity: string;
  flights: number;
};

async function airportFigure(query: Query, origin: string): Promise<{ html: string }> {
  const name = origin.replaceAll("'", "''");
  const days = await query<Day>(`
    WITH hours AS (
      SELECT date_trunc('day', windowStart)::TIMESTAMP AS day, meanDelay, flights
      FROM airport_hours WHERE origin = '${name}'
    ), days AS (
      SELECT day, sum(meanDelay * flights) / sum(flights) AS delay FROM hours
      GROUP BY day HAVING count(*) >= 3
    )
    SELECT d.day, any_value(d.delay) AS delay,
      quantile_cont(h.meanDelay, 0.1) AS lower, quantile_cont(h.meanDelay, 0.9) AS upper
    FROM days d LEFT JOIN hours h
      ON h.day < d.day AND h.day >= d.day - INTERVAL 7 DAY AND h.flights >= 5
    GROUP BY d.day ORDER BY d.day`);
  const hours = await query<Hour>(`
    SELECT windowStart AS time, meanDelay, expected, severity, flights
    FROM anomalies WHERE origin = '${name}' ORDER BY windowStart`);
  const plot = timeSeriesPlot({
    label: `Mean delay at ${origin} by day, with anomalous hours marked`,
    unit: `${origin}: mean delay, minutes`,
    times: days.map((row) => row.day),
    values: days.map((row) => row.delay),
    band: {
      lower: days.map((row) => row.lower ?? Number.NaN),
      upper: days.map((row) => row.upper ?? Number.NaN),
    },
    markers: hours.map(markerOf),
  });
  return figure(plot, `${origin}: ${hours.length} hours marked.`);
}

function markerOf(hour: Hour): Marker {
  const at = new Date(hour.time).toISOString().slice(0, 16).replace("T", " ");
  const minutes = (value: number | null): string => (value === null ? "–" : value.toFixed(0));
  const { meanDelay, expected, flights, severity } = hour;
  const delay = `${minutes(meanDelay)} min (expected ${minutes(expected)})`;
  return {
    time: hour.time,
    value: meanDelay,
    title: `${at}: ${delay}, ${flights} flights, ${severity}`,
    ...(isSeverity(severity) ? { severity } : {}),
  };
}

function isSeverity(text: string): text is "minor" | "major" | "critical" {
  return text === "minor" || text === "major" || text === "critical";
}
