import {
  count,
  hours,
  mean,
  minutes,
  type Pipeline,
  pipeline,
  quantile,
  run,
  t,
  tumbling,
} from "millrace";
import { parquet } from "millrace/files";
import { countingConnector, countingSink, type TakeRows } from "../harness/counting-sink.ts";
import { flightsFile, type HourRow, hourKey } from "./flights-file.ts";

const Flight = t.row({ date: t.timestamp(), delay: t.int64(), origin: t.utf8() });

/** The windows of the flight-delays pipeline into a sink that only counts. */
export function windowsPipeline(input: string): Pipeline {
  return pipeline("flight-windows", (p) => {
    p.source("flights", parquet(input, Flight), {
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
      .sink("counted", countingSink());
  });
}

export async function windowsByMillrace(collect?: Map<string, HourRow>): Promise<void> {
  const take: TakeRows = (batch) => {
    if (collect === undefined) return;
    for (const row of batch.toArray()) {
      const hour = row as Record<string, unknown>;
      collect.set(hourKey(String(hour["origin"]), Number(hour["windowStart"])), {
        flights: Number(hour["flights"]),
        meanDelay: Number(hour["meanDelay"]),
        p95Delay: Number(hour["p95Delay"]),
        shareDelayed: Number(hour["shareDelayed"]),
      });
    }
  };
  await run(windowsPipeline(flightsFile), { connectors: countingConnector(take) });
}
