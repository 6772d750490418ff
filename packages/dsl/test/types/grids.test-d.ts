import { hours, type Instant, minutes } from "@millrace/core";
import {
  count,
  type KeyedStream,
  linear,
  max,
  mean,
  min,
  nearest,
  next,
  pipeline,
  previous,
  tumbling,
} from "../../src/index.ts";
import { Flight, store, table } from "../fixtures.ts";
import { type Equal, holds, type RowIn, type Same } from "./equal.ts";

pipeline("grids", (p) => {
  const flights = p.source("flights", table(Flight), { eventTime: (f) => f.departedAt });
  const even = flights.keyBy("origin").resample("even", {
    every: minutes(1),
    maxGap: hours(1),
    time: "minute",
    columns: (f) => ({
      delay: linear(f.delayMinutes.nullIf(0)),
      to: previous(f.destination),
      after: next(f.departedAt),
      near: nearest(f.distanceMiles.plus(1)),
    }),
  });
  interface Even {
    origin: string;
    minute: Instant;
    delay: number | null;
    to: string;
    after: Instant;
    near: number;
  }
  holds<typeof even extends KeyedStream<infer Row, "origin"> ? Same<Row, Even> : false>();
  const evenByDefault = flights.keyBy("origin").resample("by-default", {
    every: minutes(1),
    maxGap: hours(1),
    upTo: "watermark",
    columns: (f) => ({ to: previous(f.destination) }),
  });
  holds<
    Equal<
      typeof evenByDefault,
      KeyedStream<{ origin: string; time: Instant; to: string }, "origin">
    >
  >();
  const filled = flights
    .keyBy("origin")
    .window(tumbling(hours(1)))
    .aggregate("to-fill", (f) => ({
      flights: count(),
      delay: mean(f.delayMinutes),
      to: min(f.destination),
      last: max(f.departedAt),
    }))
    .gapFill("filled", {
      maxGap: hours(5),
      fill: { flights: 0, delay: "linear", to: { value: "none" } },
    });
  interface Filled {
    origin: string;
    windowStart: Instant;
    windowEnd: Instant;
    flights: number;
    delay: number;
    to: string;
    last: Instant | null;
  }
  holds<typeof filled extends KeyedStream<infer Row, "origin"> ? Same<Row, Filled> : false>();
  const readings = flights.keyBy("origin").gapFill("readings", {
    every: hours(1),
    time: "departedAt",
    maxGap: hours(5),
    upTo: "watermark",
    fill: { delayMinutes: "null", distanceMiles: "previous" },
  });
  holds<Equal<RowIn<typeof readings>["departedAt"], Instant>>();
  holds<Equal<RowIn<typeof readings>["destination"], string | null>>();
  holds<Equal<RowIn<typeof readings>["delayMinutes"], number | null>>();
  holds<Equal<RowIn<typeof readings>["distanceMiles"], number>>();
  const noGaps = readings.interpolate("no-gaps", { columns: ["delayMinutes"], maxGap: hours(5) });
  holds<Equal<typeof noGaps, typeof readings>>();
  const bare = filled.gapFill("bare", { maxGap: hours(1) });
  holds<Equal<RowIn<typeof bare>["flights"], number | null>>();
  bare.sink("bare-out", store());
});
