import {
  count,
  hours,
  mean,
  minutes,
  type Pipeline,
  pipeline,
  quantile,
  seasonal,
  t,
  theta,
  tumbling,
} from "millrace";
import { duckdb } from "millrace/duckdb";
import { parquet } from "millrace/files";

/** A flight as `flights-3m.parquet` of the npm package vega-datasets holds it; times are local. */
const Flight = t.row({
  date: t.timestamp(),
  /** Minutes; negative when early. */
  delay: t.int64(),
  /** Miles. */
  distance: t.int64(),
  origin: t.utf8(),
  destination: t.utf8(),
});

/** The twenty airports with the most departures in the data, busiest first. */
export const busiestAirports: readonly string[] =
  "ORD DFW ATL LAX PHX STL DTW MSP LAS DEN BOS IAH CLT SFO EWR PHL LGA PIT MCO SEA".split(" ");

const week = hours(24 * 7);

/**
 * Features per airport and hour, hours with unusual delays, and forecasts of traffic, into one
 * DuckDB file.
 *
 * @param files where the flights are read and the tables are written
 */
export function flightDelays(files: { input: string; output: string }): Pipeline {
  return pipeline("flight-delays", (p) => {
    const forecastAirports = p.parameter("forecastAirports", t.list(t.utf8()), busiestAirports);
    const table = (name: string) => duckdb({ table: name, file: files.output });

    const hourly = p
      .source("flights", parquet(files.input, Flight), {
        eventTime: (flight) => flight.date,
        outOfOrderness: minutes(5),
      })
      .keyBy("origin")
      .window(tumbling(hours(1)))
      .aggregate("hourly", (flight) => ({
        flights: count(),
        meanDelay: mean(flight.delay),
        p95Delay: quantile(flight.delay, 0.95),
        shareDelayed: count().filter(flight.delay.gt(15)).dividedBy(count()),
      }))
      .withColumns((hour) => ({
        hourOfDay: hour.windowStart.hour(),
        dayOfWeek: hour.windowStart.dayOfWeek(),
      }));

    hourly.sink("airport-hours", table("airport_hours"));

    // A mean over fewer flights says more about one aircraft than about the airport.
    hourly
      .where((hour) => hour.flights.gte(5))
      .detect("delay-anomaly", { value: "meanDelay", detector: seasonal({ period: week }) })
      .where((hour) => hour.isAnomaly)
      .sink("anomalies", table("anomalies"));

    hourly
      .where((hour) => hour.origin.isIn(forecastAirports))
      .forecast("traffic-forecast", {
        value: "flights",
        model: theta({ season: week, gaps: "zero", nonNegative: true }),
        horizon: hours(48),
        every: hours(24),
        levels: [0.8, 0.95],
      })
      .sink("forecasts", table("forecasts"));
  });
}
