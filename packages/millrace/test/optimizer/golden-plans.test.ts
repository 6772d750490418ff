import type { LogicalPlanData } from "@millrace/plan";
import { explainLogical, explainPhysical, planPipeline, rules } from "@millrace/planner";
import {
  count,
  hopping,
  hours,
  type InferRow,
  literal,
  max,
  min,
  minutes,
  pipeline,
  type Pipeline,
  type Stream,
  sum,
  t,
  tumbling,
} from "millrace";
import { consoleTable } from "millrace/console";
import { ndjson, parquet } from "millrace/files";
import { expect, test } from "vitest";

const Flight = t.row({
  departedAt: t.timestamp(),
  origin: t.utf8(),
  carrier: t.utf8(),
  delay: t.int32(),
  distance: t.int32().nullable(),
});
type Flight = InferRow<typeof Flight>;

const flightFiles = parquet("flights.parquet", Flight);
const flightLines = ndjson("flights.ndjson", Flight);

function fromLines(name: string, steps: (flights: Stream<Flight>) => void): Pipeline {
  return pipeline(name, (p) => {
    steps(p.source("flights", flightLines, { eventTime: (flight) => flight.departedAt }));
  });
}

/** A pipeline for each rule, at which its work can be seen. */
const golden: Readonly<Record<string, Pipeline>> = {
  shareSources: pipeline("share-sources", (p) => {
    const early = p.source("early", flightLines).where((flight) => flight.delay.lt(0));
    const late = p.source("late", flightLines).where((flight) => flight.delay.gt(30));
    early.union(late).sink("out", consoleTable());
  }),
  foldConstants: fromLines("fold-constants", (flights) =>
    flights
      .where(() => literal(3).gt(2))
      .where((flight) => flight.delay.gt(5).and(literal("a").eq("a")))
      .sink("out", consoleTable()),
  ),
  dropRepeatedKey: fromLines("drop-repeated-key", (flights) =>
    flights
      .keyBy("origin")
      .deduplicate("first", { within: hours(1) })
      .keyBy("origin")
      .window(tumbling(hours(1)))
      .aggregate("hourly", () => ({ flights: count() }))
      .sink("out", consoleTable()),
  ),
  pushDownFilter: fromLines("push-down-filter", (flights) =>
    flights
      .select((flight) => ({ from: flight.origin, minutes: flight.delay }))
      .keyBy("from")
      .where((flight) => flight.minutes.gt(5))
      .window(tumbling(hours(1)))
      .aggregate("hourly", () => ({ flights: count() }))
      .sink("out", consoleTable()),
  ),
  mergeFilters: fromLines("merge-filters", (flights) =>
    flights
      .where((flight) => flight.carrier.eq("AA"))
      .keyBy("origin")
      .where((flight) => flight.delay.gt(5))
      .window(tumbling(hours(1)))
      .aggregate("hourly", () => ({ flights: count() }))
      .sink("out", consoleTable()),
  ),
  orderConditions: fromLines("order-conditions", (flights) =>
    flights
      .where((flight) => flight.origin.matches("^[A-M]").and(flight.delay.gt(5)))
      .sink("out", consoleTable()),
  ),
  pushIntoSource: pipeline("push-into-source", (p) => {
    p.source("flights", flightFiles, {
      eventTime: (flight) => flight.departedAt,
      outOfOrderness: minutes(5),
    })
      .keyBy("origin")
      .where((flight) => flight.delay.gt(5).and(flight.carrier.isIn(["AA", "UA"])))
      .where((flight) => flight.distance.gt(100).or(flight.distance.isNull()))
      .window(tumbling(hours(1)))
      .aggregate("hourly", () => ({ flights: count() }))
      .sink("out", consoleTable());
  }),
  mergeProjections: fromLines("merge-projections", (flights) =>
    flights
      .withColumns((flight) => ({ hours: flight.delay.dividedBy(60) }))
      .select((flight) => ({ origin: flight.origin, days: flight.hours.dividedBy(24) }))
      .sink("out", consoleTable()),
  ),
  shareExpressions: fromLines("share-expressions", (flights) =>
    flights
      .select((flight) => ({
        airport: flight.origin.lower().concat("/", flight.carrier),
        isHub: flight.origin.lower().isIn(["ord", "atl"]),
      }))
      .sink("out", consoleTable()),
  ),
  pruneColumns: fromLines("prune-columns", (flights) =>
    flights
      .withColumns((flight) => ({ hours: flight.delay.dividedBy(60) }))
      .select("carrier")
      .sink("out", consoleTable()),
  ),
  preAggregate: fromLines("pre-aggregate", (flights) =>
    flights
      .keyBy("origin")
      .window(hopping(hours(1), minutes(20)), { allowedLateness: minutes(5) })
      .aggregate("hourly", (flight) => ({
        flights: count(),
        late: count().filter(flight.delay.gt(15)),
        spread: max(flight.delay).minus(min(flight.delay)),
        distance: sum(flight.distance),
      }))
      .sink("out", consoleTable()),
  ),
};

test("every rule has a golden plan", () => {
  expect(Object.keys(golden)).toEqual(rules.map((rule) => rule.name));
});

test.each(rules.map((rule, index) => ({ rule, index })))(
  "$rule.name: the plan before and after it, and what runs",
  async ({ rule, index }) => {
    const built = golden[rule.name]!.build();
    const before = rules
      .slice(0, index)
      .reduce<LogicalPlanData>((plan, each) => each.apply(plan, { partitions: 2 }), built);
    const logical = [before, rule.apply(before, { partitions: 2 })].map(explainLogical);
    expect(logical[1]).not.toBe(logical[0]);
    const physical = [false, true].map((isOptimized) => {
      const settings = { partitions: 2, parameters: {}, isOptimized };
      return explainPhysical(planPipeline(built, settings).physical);
    });
    const parts = [
      ["Before the rule", logical[0]],
      ["After the rule", logical[1]],
      ["What would run without any rule", physical[0]],
      ["What runs", physical[1]],
    ].map(([title, plan]) => `${title}:\n\n${plan}\n`);
    await expect(parts.join("\n")).toMatchFileSnapshot(`golden-plans/${rule.name}.txt`);
  },
);
