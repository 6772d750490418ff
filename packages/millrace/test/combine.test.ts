import { combine, count, minutes, type Pipeline, pipeline, plan, sum, t, tumbling } from "millrace";
import { expect, test } from "vitest";
import { given, outputOver, outputOverCrashes, store } from "./run-over-rows.ts";

const Ride = t.row({ at: t.timestamp(), city: t.utf8(), km: t.int32(), driver: t.int32() });
const rides = Array.from({ length: 600 }, (_, i) => ({
  at: 1_767_225_600_000 + i * 1000,
  city: `city-${(i * 7) % 5}`,
  km: (i * 31) % 40,
  driver: (i * 13) % 20,
}));
const data = {
  type: Ride,
  rows: rides as unknown as readonly (typeof Ride)["valueType"][],
  part: (row: (typeof Ride)["valueType"]) => row.driver,
};

const perMinute: Pipeline = pipeline("per-minute", (p) => {
  p.source("rides", given(Ride), { eventTime: (ride) => ride.at })
    .keyBy("city")
    .window(tumbling(minutes(1)))
    .aggregate("minutes", (ride) => ({ rides: count(), km: sum(ride.km) }))
    .sink("out", store);
});

const far: Pipeline = pipeline("far", (p) => {
  p.source("all-rides", given(Ride), { eventTime: (ride) => ride.at })
    .filter((ride) => ride.km > 30)
    .keyBy("driver")
    .process("ranks", {
      output: t.row({ driver: t.int32(), rank: t.int32() }),
      state: { seen: t.int32() },
      onRow: (ride, { state, emit }) => {
        const rank = (state.seen.get() ?? 0) + 1;
        state.seen.set(rank);
        emit({ driver: ride.driver, rank });
      },
    })
    .sink("out", store);
});

const both = combine("both", perMinute, far);
const sinks = ["per-minute--out", "far--out"];
const options = { partitions: 2, batchRows: 50, sourcePartitions: 2 };

test("a source of combined pipelines is read once", () => {
  const sources = plan(both).physical.stages.flatMap(({ inputs }) =>
    inputs.flatMap((input) => (input.kind === "source" ? [input.sourceId] : [])),
  );
  expect(sources).toEqual(["per-minute--rides"]);
});

test("combined pipelines give what each of them gives, through crashes too", async () => {
  const alone = {
    "per-minute--out": (await outputOver(perMinute, data, ["out"], options))["out"],
    "far--out": (await outputOver(far, data, ["out"], options))["out"],
  };
  expect(alone["per-minute--out"]).toHaveLength(50);
  expect(alone["far--out"]?.length).toBeGreaterThan(100);
  expect(await outputOver(both, data, sinks, options)).toEqual(alone);
  expect(await outputOverCrashes(both, data, sinks, { ...options, seed: 3 })).toEqual(alone);
});
