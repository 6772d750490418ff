import { type Decimal, hours, type Instant, minutes, t } from "@millrace/core";
import {
  aggregateFunction,
  all,
  any,
  approxTopK,
  argMin,
  collectList,
  collectMap,
  collectSet,
  correlation,
  count,
  countDistinct,
  decayingMean,
  decimal,
  type DecimalExpression,
  histogram,
  median,
  mode,
  pipeline,
  skewness,
  sum,
  topK,
  tumbling,
} from "../../src/index.ts";
import { table } from "../fixtures.ts";
import { type Equal, holds, type RowIn } from "./equal.ts";

const Mixed = t.row({
  at: t.timestamp(),
  key: t.utf8(),
  name: t.utf8().nullable(),
  x: t.float64(),
  y: t.float64().nullable(),
  n: t.int64(),
  isLate: t.boolean().nullable(),
  isBig: t.boolean(),
  price: t.decimal({ precision: 10, scale: 2 }),
});

const weightedMean = aggregateFunction({
  name: "weightedMean",
  input: { value: t.float64(), weight: t.float64() },
  state: t.row({ sum: t.float64(), weight: t.float64() }),
  returns: t.float64(),
  init: () => ({ sum: 0, weight: 0 }),
  add(state, row) {
    holds<Equal<typeof state, { sum: number; weight: number }>>();
    holds<Equal<typeof row, { value: number; weight: number }>>();
    return { sum: state.sum + row.value * row.weight, weight: state.weight + row.weight };
  },
  result: (state) => state.sum / state.weight,
});

pipeline("types", (p) => {
  const rows = p.source("rows", table(Mixed), { eventTime: (r) => r.at });
  const totals = rows
    .keyBy("key")
    .window(tumbling(hours(1)))
    .aggregate("totals", (r) => ({
      different: countDistinct(r.name),
      exact: sum(r.y, { exact: true }),
      middle: median(r.x),
      skew: skewness(r.x),
      both: correlation(r.x, r.y),
      at: argMin(r.at, r.x),
      atOrNull: argMin(r.at, r.y),
      most: mode(r.name),
      top: topK(r.name, 3),
      about: approxTopK(r.key, 3),
      bins: histogram(r.x, { width: 1 }),
      list: collectList(r.key, { limit: 3 }),
      set: collectSet(r.x, { limit: 3 }).filter(r.isBig),
      map: collectMap(r.key, r.y, { limit: 3 }),
      isAnyLate: any(r.isLate),
      areAllBig: all(r.isBig),
      decaying: decayingMean(r.x, { halfLife: minutes(5) }),
      own: weightedMean({ value: r.x, weight: r.n }),
      ownOrNull: weightedMean({ value: r.y, weight: r.n }),
      whole: sum(r.n).dividedToInteger(10),
      wholeOrNull: sum(r.n).dividedToInteger(count()),
      fees: sum(r.n.times(decimal("0.908"))),
    }));
  type Totals = RowIn<typeof totals>;
  holds<Equal<Totals["different"], number>>();
  holds<Equal<Totals["exact"], number | null>>();
  holds<Equal<Totals["middle"], number>>();
  holds<Equal<Totals["skew"], number | null>>();
  holds<Equal<Totals["both"], number | null>>();
  holds<Equal<Totals["at"], Instant>>();
  holds<Equal<Totals["atOrNull"], Instant | null>>();
  holds<Equal<Totals["most"], string | null>>();
  type Top = Exclude<Totals["top"], null>[number];
  holds<Equal<Top["value"], string>>();
  holds<Equal<Top["count"], number>>();
  holds<null extends Totals["top"] ? true : false>();
  holds<null extends Totals["about"] ? false : true>();
  holds<Equal<Exclude<Totals["bins"], null>[number]["from"], number>>();
  holds<Equal<Totals["list"], readonly string[]>>();
  holds<Equal<Totals["set"], readonly number[] | null>>();
  holds<Equal<Totals["map"], Readonly<Record<string, number>> | null>>();
  holds<Equal<Totals["isAnyLate"], boolean | null>>();
  holds<Equal<Totals["areAllBig"], boolean>>();
  holds<Equal<Totals["decaying"], number>>();
  holds<Equal<Totals["own"], number>>();
  holds<Equal<Totals["ownOrNull"], number | null>>();
  holds<Equal<Totals["whole"], number>>();
  holds<Equal<Totals["wholeOrNull"], number | null>>();
  holds<Equal<Totals["fees"], Decimal>>();

  rows.select((r) => {
    const fee = r.n.times(decimal("0.908"));
    holds<Equal<typeof fee, DecimalExpression<Decimal>>>();
    return {
      fee,
      less: r.price.minus(r.n),
      channel: r.key.regexpExtract(/channel_id=(\d+)/, 1),
      part: r.key.splitPart("/", 3),
      day: r.at.formatTime("yyyy-MM-dd"),
      isDear: r.price.gt(0.5),
    };
  });
  rows
    .keyBy("key")
    .window(tumbling(hours(1)))
    .aggregate("refused", (r) => ({
      // @ts-expect-error lists have each value as often as it came
      list: collectList(r.key, { limit: 3 }).distinct(),
      // @ts-expect-error an input is missing
      own: weightedMean({ value: r.x }),
      // @ts-expect-error text has no mean
      text: weightedMean({ value: r.key, weight: r.n }),
      // @ts-expect-error a limit must be given
      set: collectSet(r.x),
    }));
});
