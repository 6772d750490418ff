import {
  barsPlot,
  figure,
  formatNumber,
  formatShare,
  heatMapPlot,
  type Section,
  table,
} from "@millrace/report";
import type { Query } from "./database.ts";

const weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/** Mean delay by weekday and hour, over all airports. */
export async function heatMapSection(query: Query): Promise<Section> {
  const rows = await query<{ dayOfWeek: number; hourOfDay: number; delay: number }>(`
    SELECT dayOfWeek, hourOfDay, sum(meanDelay * flights) / sum(flights) AS delay
    FROM airport_hours GROUP BY ALL HAVING sum(flights) >= 500`);
  const values = weekdays.map(() => Array.from({ length: 24 }, () => Number.NaN));
  for (const row of rows) {
    const day = values[row.dayOfWeek - 1];
    if (day !== undefined) day[row.hourOfDay] = row.delay;
  }
  const plot = heatMapPlot({
    label: "Mean delay by weekday and hour",
    unit: "minutes late",
    rows: weekdays,
    columns: Array.from({ length: 24 }, (_, hour) => String(hour)),
    values,
  });
  const caption =
    "Mean delay in minutes by hour of departure; hours with fewer than 500 flights are empty.";
  return { title: "Weekday and hour", blocks: [figure(plot, caption)] };
}

type Airport = {
  origin: string;
  flights: number;
  delay: number;
  share: number;
  marked: number;
  markedShare: number;
};

/** The busiest airports as a table, and those with the largest mean delay as bars. */
export async function airportSection(query: Query): Promise<Section> {
  const airports = await query<Airport>(`
    WITH marked AS (SELECT origin, count(*) AS hours FROM anomalies GROUP BY origin)
    SELECT h.origin, sum(h.flights)::BIGINT AS flights,
      sum(h.meanDelay * h.flights) / sum(h.flights) AS delay,
      sum(h.shareDelayed * h.flights) / sum(h.flights) AS share,
      coalesce(any_value(m.hours), 0) AS marked,
      coalesce(any_value(m.hours), 0) / greatest(count(*) FILTER (h.flights >= 5), 1) AS markedShare
    FROM airport_hours h LEFT JOIN marked m ON m.origin = h.origin
    GROUP BY h.origin ORDER BY flights DESC, h.origin LIMIT 40`);
  const late = [...airports].sort((a, b) => b.delay - a.delay).slice(0, 15);
  const bars = barsPlot({
    label: "Mean delay of the latest among the 40 busiest airports",
    unit: "mean delay, minutes",
    digits: 1,
    bars: late.map((airport) => ({ name: airport.origin, value: airport.delay })),
  });
  const columns = [
    { name: "Airport" },
    { name: "Flights", isNumber: true },
    { name: "Mean delay, min", isNumber: true },
    { name: "> 15 min late", isNumber: true },
    { name: "Hours marked", isNumber: true },
    { name: "Of its hours", isNumber: true },
  ];
  const cells = airports.map((airport) => [
    airport.origin,
    formatNumber(airport.flights),
    formatNumber(airport.delay, 1),
    formatShare(airport.share),
    formatNumber(airport.marked),
    formatShare(airport.markedShare, 1),
  ]);
  const caption = "The 15 with the largest mean delay among the 40 busiest airports.";
  return {
    title: "Airports",
    blocks: [figure(bars, caption), table(columns, cells)],
  };
}
