import {
  type Decimal,
  type Duration,
  hours,
  type Instant,
  instant,
  minutes,
  t,
} from "@millrace/core";
import {
  type BooleanExpression,
  coalesce,
  count,
  cumulate,
  daily,
  first,
  globalWindow,
  hopping,
  type KeyedStream,
  type KeyedUpdatingStream,
  least,
  listState,
  literal,
  mapState,
  max,
  mean,
  min,
  type NumberExpression,
  pipeline,
  quantile,
  session,
  stddev,
  type Stream,
  type StringExpression,
  sum,
  type TimestampExpression,
  tumbling,
  type UpdatingStream,
  type ValueState,
  when,
} from "../../src/index.ts";
import { Flight, seasonal, store, table, theta, topic } from "../fixtures.ts";
import { type Equal, holds, type RowIn, type Same, type UpdatingRow } from "./equal.ts";

type RowOfUpdating<Of> = Of extends KeyedUpdatingStream<infer Row, infer _> ? Row : never;

const Mixed = t.row({
  at: t.timestamp(),
  name: t.utf8(),
  delay: t.float64().nullable(),
  count: t.int32(),
  isLate: t.boolean().nullable(),
  big: t.int64({ as: "bigint" }),
  price: t.decimal({ precision: 10, scale: 2 }),
  span: t.duration(),
  tags: t.list(t.utf8()),
  scores: t.map(t.float64()),
  place: t.row({ city: t.utf8(), zip: t.int32().nullable() }),
  kind: t.enum(["a", "b"]),
});

pipeline("types", (p) => {
  const flights = p.source("flights", table(Flight), {
    eventTime: (f) => f.departedAt,
    outOfOrderness: minutes(5),
  });
  holds<
    Equal<
      typeof flights,
      Stream<{
        departedAt: Instant;
        origin: string;
        destination: string;
        delayMinutes: number;
        distanceMiles: number;
      }>
    >
  >();

  const hourly = flights
    .where((f) => f.delayMinutes.gt(-120))
    .keyBy("origin")
    .window(tumbling(hours(1)))
    .aggregate("hourly", (f) => ({
      flights: count(),
      meanDelay: mean(f.delayMinutes),
      p95Delay: quantile(f.delayMinutes, 0.95),
      spread: max(f.delayMinutes).minus(min(f.delayMinutes)),
      late: sum(f.distanceMiles).filter(f.delayMinutes.gt(5)),
      deviation: stddev(f.delayMinutes),
      lateCount: count().filter(f.delayMinutes.gt(5)),
      firstTo: first(f.destination),
      isBusy: count().gt(10),
    }));
  interface Hourly {
    origin: string;
    windowStart: Instant;
    windowEnd: Instant;
    flights: number;
    meanDelay: number;
    p95Delay: number;
    spread: number;
    late: number | null;
    deviation: number | null;
    lateCount: number;
    firstTo: string;
    isBusy: boolean;
  }
  holds<Equal<keyof RowIn<typeof hourly>, keyof Hourly>>();
  holds<Equal<RowIn<typeof hourly>["meanDelay"], number>>();
  holds<RowIn<typeof hourly> extends Hourly ? true : false>();
  holds<Hourly extends RowIn<typeof hourly> ? true : false>();
  hourly.filter((h) => {
    holds<Equal<typeof h.meanDelay, number>>();
    return h.meanDelay > 5;
  });
  hourly.where((h) => {
    holds<Equal<typeof h.meanDelay, NumberExpression<number>>>();
    holds<Equal<typeof h.windowStart, TimestampExpression<Instant>>>();
    return h.meanDelay.gt(5).and(h.windowStart.gte("2001-01-01"));
  });
  holds<Equal<RowIn<ReturnType<typeof hourly.late>>, RowIn<typeof flights>>>();

  const Totals = t.row({ flights: t.int64().nullable(), origin: t.utf8() });
  const fromTopic = p.source("totals", topic(Totals));
  holds<Equal<typeof fromTopic, Stream<{ flights: number | null; origin: string }>>>();
  hourly.select("origin", "flights").sink("to-topic", topic(Totals));
  flights.keyBy("origin").sink("flights-topic", topic(Flight), { guarantee: "exactly-once" });

  const sessions = flights
    .keyBy("origin", "destination")
    .window(session(minutes(30)), { allowedLateness: minutes(5) })
    .aggregate("sessions", () => ({ flights: count() }));
  holds<Equal<RowIn<typeof sessions>["destination"], string>>();
  holds<Equal<RowIn<ReturnType<typeof sessions.late>>, RowIn<typeof flights>>>();
  const soFar = flights
    .keyBy("origin")
    .window(cumulate(hours(1), hours(24)))
    .aggregate("so-far", () => ({ flights: count() }));
  holds<Equal<RowIn<typeof soFar>["windowEnd"], Instant>>();
  const overlapping = flights
    .keyBy("origin")
    .window(hopping(hours(1), minutes(10)))
    .aggregate("overlapping", () => ({ flights: count() }));
  holds<
    Equal<
      RowIn<typeof overlapping>,
      { origin: string; windowStart: Instant; windowEnd: Instant; flights: number }
    >
  >();

  const anomalies = hourly.detect("anomaly", { value: "meanDelay", detector: seasonal });
  anomalies.filter((a) => {
    holds<Equal<typeof a.score, number | null>>();
    holds<Equal<typeof a.reasons, readonly string[]>>();
    holds<Equal<typeof a.origin, string>>();
    return a.isAnomaly;
  });
  const forecasts = hourly.forecast("forecast", {
    value: "meanDelay",
    model: theta,
    horizon: hours(24),
    levels: [0.5, 0.99],
  });
  holds<
    Equal<
      keyof RowIn<typeof forecasts>,
      | "origin"
      | "issuedAt"
      | "windowStart"
      | "windowEnd"
      | "step"
      | "mean"
      | "lower50"
      | "upper50"
      | "lower99"
      | "upper99"
    >
  >();
  const byDefault = hourly.forecast("forecast2", {
    value: "meanDelay",
    model: theta,
    horizon: hours(24),
  });
  holds<Equal<RowIn<typeof byDefault>["upper95"], number>>();
  holds<Equal<"lower80" extends keyof RowIn<typeof byDefault> ? true : false, true>>();

  const near = { lower: hours(-1), upper: hours(1) };
  const pairs = flights.keyBy("origin").intervalJoin("pairs", hourly, {
    ...near,
    select: (f, h) => ({ origin: f.origin, delay: f.delayMinutes, mean: h.meanDelay }),
  });
  holds<Equal<RowIn<typeof pairs>, { origin: string; delay: number; mean: number }>>();
  pairs.window(tumbling(hours(1)));
  const withMissing = flights.keyBy("origin").intervalJoin("with-missing", hourly, {
    ...near,
    kind: "left",
    select: (f, h) => ({ delay: f.delayMinutes, mean: h.meanDelay, least: h.meanDelay.orElse(0) }),
  });
  holds<Equal<RowIn<typeof withMissing>, { delay: number; mean: number | null; least: number }>>();

  const meanOf = <L, R>(l: L, r: R): { origin: L; mean: R } => ({ origin: l, mean: r });
  const whole = flights.keyBy("origin").join("whole", hourly, {
    select: (f, h) => meanOf(f.origin, h.meanDelay),
  });
  holds<Equal<typeof whole, KeyedStream<{ origin: string; mean: number }, "origin">>>();
  whole.window(tumbling(hours(1)));
  const outer = flights.keyBy("origin").join("outer", hourly, {
    kind: "left",
    forgetAfter: hours(2),
    select: (f, h) => meanOf(f.origin, h.meanDelay),
  });
  holds<
    Equal<typeof outer, KeyedUpdatingStream<{ origin: string; mean: number | null }, "origin">>
  >();
  const both = flights.keyBy("origin").join("both", hourly, {
    kind: "full",
    select: (f, h) => ({ from: coalesce(f.origin, h.origin), to: f.destination }),
  });
  holds<Equal<typeof both, UpdatingStream<{ from: string | null; to: string | null }>>>();
  const again = hourly.join("again", outer, {
    select: (h, o) => ({ mean: h.meanDelay, other: o.mean }),
  });
  holds<Equal<typeof again, UpdatingStream<{ mean: number; other: number | null }>>>();
  const onceMore = outer.join("once-more", hourly, {
    kind: "right",
    select: (o, h) => meanOf(h.origin, o.mean),
  });
  holds<
    Equal<typeof onceMore, KeyedUpdatingStream<{ origin: string; mean: number | null }, "origin">>
  >();
  const inWindow = flights.keyBy("origin").windowJoin("in-window", hourly, {
    window: tumbling(hours(1)),
    kind: "right",
    select: (f, h) => ({ to: f.destination, mean: h.meanDelay }),
  });
  holds<
    Equal<
      typeof inWindow,
      Stream<{ windowStart: Instant; windowEnd: Instant; to: string | null; mean: number }>
    >
  >();
  const held = flights.keyBy("origin").asOfJoin("held", hourly, {
    kind: "left",
    tolerance: hours(3),
    select: (f, h) => meanOf(f.origin, h.meanDelay),
  });
  holds<Equal<typeof held, KeyedStream<{ origin: string; mean: number | null }, "origin">>>();
  const looked = flights.lookupTable("looked", hourly.keyBy("origin"), {
    on: (f) => ({ origin: f.destination }),
    kind: "left",
    select: (f, h) => ({ to: f.destination, mean: h.meanDelay }),
  });
  holds<Equal<typeof looked, Stream<{ to: string; mean: number | null }>>>();
  const untilEnd = hourly.intervalJoin("until-end", flights.keyBy("origin"), {
    lower: hours(0),
    upper: (h) => h.windowEnd,
    where: (h, f) => f.delayMinutes.gt(h.meanDelay),
    kind: "full",
    select: (h, f) => ({ mean: h.meanDelay, to: f.destination }),
  });
  holds<Equal<RowIn<typeof untilEnd>, { mean: number | null; to: string | null }>>();
  const running = flights.keyBy("origin").aggregate("running", (f) => ({
    flights: count(),
    meanDelay: mean(f.delayMinutes),
  }));
  interface Running {
    origin: string;
    flights: number;
    meanDelay: number;
  }
  holds<
    typeof running extends KeyedUpdatingStream<infer Row, "origin"> ? Same<Row, Running> : false
  >();
  running.where((r) => {
    holds<Equal<typeof r.meanDelay, NumberExpression<number>>>();
    return r.flights.gt(5);
  });
  const best = flights.keyBy("origin").topN("best", {
    n: 3,
    orderBy: (f) => [f.delayMinutes.desc(), f.departedAt],
    rank: "place",
  });
  holds<Equal<UpdatingRow<typeof best>["place"], number>>();
  holds<Equal<UpdatingRow<typeof best>["destination"], string>>();
  const plainBest = flights
    .keyBy("origin")
    .topN("plain-best", { n: 1, orderBy: (f) => f.delayMinutes.desc() });
  holds<Equal<keyof UpdatingRow<typeof plainBest>, keyof RowIn<typeof flights>>>();
  const ranks = running.keyBy("flights").rank("ranks", {
    orderBy: (r) => r.meanDelay,
    kind: "denseRank",
    max: 5,
  });
  holds<Equal<UpdatingRow<typeof ranks>["rank"], number>>();
  const hottest = overlapping.keyBy("windowStart", "windowEnd").topN("hottest", {
    n: 1,
    ties: "keep",
    orderBy: (w) => w.flights.desc(),
    emit: "when-complete",
  });
  hottest.filter((w) => w.flights > 5).sink("hottest-out", store());
  const changed = running.changes();
  holds<Equal<RowIn<typeof changed>["change"], "insert" | "delete">>();
  const joined = running.union(running);
  holds<Equal<keyof UpdatingRow<typeof joined>, keyof Running>>();

  const mixed = p.source("mixed", table(Mixed));
  const selected = mixed.select((m) => ({
    twice: m.delay.times(2),
    whole: m.count.plus(m.count),
    mixedNull: m.count.plus(m.delay),
    filled: m.delay.orElse(0),
    isKnown: m.delay.isNotNull(),
    isLate: m.isLate.and(m.count.gt(5)),
    year: m.at.year(),
    later: m.at.plus(minutes(5)),
    wait: m.at.since("2001-01-01T00:00:00Z"),
    big: m.big.plus(1n),
    price: m.price.times(m.price),
    tag: m.tags.at(0),
    hasTag: m.tags.has("x"),
    score: m.scores.get("x"),
    city: m.place.field("city"),
    zip: m.place.field("zip"),
    kind: m.kind,
    casted: m.delay.cast(t.utf8()),
    tried: m.name.tryCast(t.int32()),
    label: when(m.count.gt(5), "many").when(m.count.gt(1), "some").otherwise("one"),
    maybe: when(m.count.gt(5), m.count).otherwise(null),
    least: least(m.delay, m.count),
    leastNull: least(m.delay, m.delay),
    known: coalesce(m.delay, 0),
    five: literal(5),
    text: m.name.concat("-", m.kind),
    spanMs: m.span.milliseconds(),
    rest: m.count.modulo(7),
    restOf: m.count.modulo(m.count),
  }));
  interface SelectedRow {
    twice: number | null;
    whole: number;
    mixedNull: number | null;
    filled: number;
    isKnown: boolean;
    isLate: boolean | null;
    year: number;
    later: Instant;
    wait: number;
    big: bigint;
    price: Decimal;
    tag: string | null;
    hasTag: boolean;
    score: number | null;
    city: string;
    zip: number | null;
    kind: "a" | "b";
    casted: string | null;
    tried: number | null;
    label: string;
    maybe: number | null;
    least: number;
    leastNull: number | null;
    known: number;
    five: number;
    text: string;
    spanMs: number;
    rest: number;
    restOf: number | null;
  }
  type Actual = RowIn<typeof selected>;
  holds<Equal<{ [K in keyof Actual]: Actual[K] }, { [K in keyof SelectedRow]: SelectedRow[K] }>>();

  const added = mixed.withColumns((m) => ({ count: m.name, extra: m.delay.isNull() }));
  holds<Equal<RowIn<typeof added>["count"], string>>();
  holds<Equal<RowIn<typeof added>["extra"], boolean>>();
  holds<Equal<RowIn<typeof added>["span"], Duration>>();
  const picked = mixed.select("at", "name");
  holds<Equal<typeof picked, Stream<{ at: Instant; name: string }>>>();
  const fewer = picked.drop("at");
  holds<Equal<typeof fewer, Stream<{ name: string }>>>();
  const renamed = picked.rename({ name: "title" });
  holds<Equal<typeof renamed, Stream<{ at: Instant; title: string }>>>();
  const keyed = picked.keyBy((r) => ({ initial: r.name.substring(0, 1) }));
  holds<
    Equal<typeof keyed, KeyedStream<{ at: Instant; name: string; initial: string }, "initial">>
  >();
  const unkeyed = keyed.select("name");
  holds<Equal<typeof unkeyed, Stream<{ name: string }>>>();
  const stillKeyed = keyed.select("initial");
  holds<Equal<typeof stillKeyed, KeyedStream<{ initial: string }, "initial">>>();
  const User = t.row({ city: t.utf8(), age: t.int32().nullable() });
  const lookedUp = keyed.lookup(
    User,
    (row) => ({ id: row.name, is: literal(true) }),
    async (key, { signal }) => {
      holds<Equal<typeof key, { id: string; is: boolean }>>();
      holds<Equal<typeof signal, AbortSignal>>();
      return key.id === "a" ? { city: "b", age: null } : null;
    },
    { cache: { rowsMax: 5, ttl: minutes(1) } },
  );
  holds<Equal<RowIn<typeof lookedUp>["city"], string>>();
  holds<Equal<RowIn<typeof lookedUp>["name"], string>>();
  lookedUp.window(tumbling(hours(1)));
  const orNull = picked.lookupMany(
    User,
    (row) => ({ id: row.name }),
    async (keys) => keys.map(({ id }) => (id === "a" ? undefined : { city: id, age: 1 })),
    { kind: "left", keysPerCall: 50 },
  );
  type OrNull = { at: Instant; name: string; city: string | null; age: number | null };
  holds<Equal<typeof orNull, Stream<OrNull>>>();
  const fetched = keyed.mapAsync(
    t.row({ size: t.int32() }),
    async (row, { signal, attempt }) => {
      holds<Equal<typeof signal, AbortSignal>>();
      return { size: row.name.length + attempt };
    },
    { retry: { attempts: 3, backoff: minutes(1) }, order: "unordered" },
  );
  holds<Equal<typeof fetched, Stream<{ size: number }>>>();
  const inBatches = keyed.mapBatchesAsync(
    t.row({ size: t.int32() }),
    async (rows) => rows.map((row) => ({ size: row.name.length })),
    { rowsPerCall: 100 },
  );
  holds<Equal<typeof inBatches, Stream<{ size: number }>>>();
  const mapped = keyed.map(t.row({ size: t.int32() }), (row) => ({ size: row.name.length }));
  holds<Equal<typeof mapped, Stream<{ size: number }>>>();
  const processed = keyed.process("processed", {
    state: {
      total: t.int64(),
      names: listState(t.utf8()),
      byName: mapState(t.utf8(), t.float64()),
    },
    output: t.row({ initial: t.utf8(), total: t.int64() }),
    sideOutputs: { odd: t.row({ name: t.utf8() }) },
    onRow(row, { key, state, time, timers, emit, emitTo }) {
      holds<Equal<typeof row, { at: Instant; name: string; initial: string }>>();
      holds<Equal<typeof key, { initial: string }>>();
      holds<Equal<typeof state.total, ValueState<number>>>();
      holds<Equal<ReturnType<typeof state.names.get>, readonly string[]>>();
      holds<Equal<ReturnType<typeof state.byName.get>, number | null>>();
      timers.at(time);
      emit({ initial: key.initial, total: state.total.get() ?? 0 });
      emitTo("odd", { name: row.name });
    },
    onTimer: ({ key, emit }) => emit({ ...key, total: 0 }),
  });
  processed.sink("processed-out", store());
  const odd = processed.side("odd");
  holds<Equal<typeof odd, Stream<{ name: string }>>>();
  const { late, other } = picked.split({ late: (r) => r.at.gt(instant(0)), other: "rest" });
  holds<Equal<typeof late, Stream<{ at: Instant; name: string }>>>();
  late.union(other).sink("both", store());

  const byOrigin = flights.keyBy("origin");
  const changing = byOrigin
    .window(daily({ timeZone: "UTC" }), { emit: "on-end", allowedLateness: hours(1) })
    .aggregate("changing", (f) => ({ n: count(), mean: mean(f.delayMinutes) }));
  interface ChangingRow {
    origin: string;
    windowStart: Instant;
    windowEnd: Instant;
    n: number;
    mean: number;
  }
  const asUpdating: KeyedUpdatingStream<{ [K in keyof ChangingRow]: ChangingRow[K] }, "origin"> =
    changing;
  void asUpdating;
  const tooLate = changing.late();
  holds<Equal<typeof tooLate, typeof byOrigin>>();
  const asBefore = byOrigin
    .window(globalWindow({ everyRows: 10 }), { emit: "on-close" })
    .aggregate("as-before", () => ({ n: count() }));
  asBefore.window(tumbling(hours(1)));
  const early = byOrigin.window(tumbling(hours(1)), { emit: { every: minutes(5) } });
  const earlyRows = early.aggregate("early", () => ({ n: count() }));
  holds<Equal<RowOfUpdating<typeof earlyRows>["n"], number>>();
  const over = byOrigin.over("over", { within: minutes(5) }, (f) => ({
    seen: count(),
    longest: max(f.delayMinutes),
  }));
  holds<Equal<RowIn<typeof over>["seen"], number>>();
  holds<Equal<RowIn<typeof over>["longest"], number>>();
  holds<Equal<RowIn<typeof over>["origin"], string>>();

  const threshold = p.parameter("threshold", t.float64(), 3);
  holds<Equal<typeof threshold, NumberExpression<number>>>();
  const origins = p.parameter("origins", t.list(t.utf8()));
  flights.where((f) => f.origin.isIn(origins).and(f.delayMinutes.gt(threshold)));

  const covariant: BooleanExpression<boolean | null> = literal(true);
  const text: StringExpression<string> = literal("a");
  void [covariant, text];

  // oxlint-disable-next-line typescript/no-explicit-any -- untyped callers are allowed
  const loose = p.source("loose", table(Flight)) as Stream<any>;
  loose.where((f) => f.whatever.gt(5)).sink("loose-out", store());
});
