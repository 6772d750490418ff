import { hours, minutes, t } from "@millrace/core";
import {
  count,
  hopping,
  linear,
  mean,
  next,
  pipeline,
  previous,
  session,
  type StringExpression,
  tumbling,
} from "../../src/index.ts";
import { Flight, seasonal, store, table, topic } from "../fixtures.ts";

// Each line that must not compile ends in `//!` and a part of the compiler's sentence.
pipeline("errors", (p) => {
  const flights = p.source("flights", table(Flight));
  flights.window(tumbling(hours(1))); //! keyBy must come before window
  flights.over("o", { rows: 5 }, () => ({ n: count() })); //! keyBy must come before over
  flights.detect("d", { value: "delayMinutes", detector: seasonal }); //! keyBy must come before detect
  flights.deduplicate("d", { within: hours(1) }); //! keyBy must come before deduplicate
  flights.where((f) => f.delay.gt(5)); //! Property 'delay' does not exist
  flights.where((f) => f.origin.gt(5)); //! Argument of type 'number' is not assignable
  flights.where((f) => f.delayMinutes); //! from type 'BooleanExpression<boolean | null>'
  flights.filter((f) => f.delayMinutes.gt(5)); //! Property 'gt' does not exist on type 'number'
  p.source("idle", table(Flight), { whenIdle: "wait" }); //! Type '"wait"' is not assignable to type '"advance" | "follow"
  p.source("due", table(Flight), { idleAfter: "soon" }); //! is not assignable
  flights.select("nothing"); //! Argument of type '"nothing"' is not assignable
  const A = t.row({ a: t.int32() });
  flights.map(A, (f) => ({ a: f.origin })); //! Type 'string' is not assignable to type 'number'
  flights.map(Flight, async (f) => f); //! Type 'Promise<
  flights.mapAsync(Flight, (f) => f); //! Property 'then' is missing
  flights.mapAsync(A, async (f) => ({ a: f.origin })); //! Type 'string' is not assignable to type
  flights.mapAsync(Flight, async (f) => f, { order: "any" }); //! Type '"any"' is not assignable
  const to = flights.select("destination");
  const taken = t.row({ destination: t.utf8() });
  to.lookup(
    taken, //! the row has a column destination already
    (f) => ({ to: f.destination }),
    async () => null,
  );
  to.lookup(
    A,
    (f) => ({ to: f.destination }),
    async ({ from }) => ({ a: from.x }), //! Property 'from' does not exist
  );
  to.lookup(
    A,
    (f) => ({ to: f.destination }),
    async ({ to }) => ({ a: to }), //! Type 'string' is not assignable
  );
  to.lookup(
    A,
    () => ({ to: 5 }), //! to must be an expression
    async () => null,
  );
  to.lookupMany(A, null, async () => []); //! Expected 4 arguments
  flights.mapBatchesAsync(Flight, async (fs) => fs); //! Expected 3 arguments
  flights.filter(() => true, { onError: "ignore" }); //! Type '"ignore"' is not assignable to type 'OnError
  flights.union(p.source("others", table(t.row({ a: t.int32() })))); //! is not assignable
  const route = flights.select("origin", "destination");
  route.sink("r1", topic(t.row({ origin: t.utf8(), to: t.utf8() }))); //! the stream has no column to, which the sink takes
  route.sink("r2", topic(t.row({ origin: t.utf8() }))); //! the sink's row type has no column destination: select without it
  route.sink("r3", topic(t.row({ origin: t.utf8(), destination: t.int32() }))); //! the column destination has another type in the sink's row type
  p.source("in", topic(Flight), { eventTime: (f) => f.origin }); //! is not assignable
  const keyed = flights.keyBy("origin");
  const other = p.source("far", table(t.row({ origin: t.int32(), fee: t.float64() })));
  const fees = p.source("fees", table(t.row({ origin: t.utf8(), fee: t.float64() })));
  const near = { lower: hours(0), upper: hours(1) };
  flights.intervalJoin("j", keyed, { ...near, select: (l) => ({ a: l.origin }) }); //! keyBy must come before intervalJoin
  keyed.intervalJoin("j", other.keyBy("origin"), { ...near, select: (l) => ({ a: l.origin }) }); //! the keys of both sides must have the same types
  keyed.intervalJoin("j", fees, { ...near, select: (l) => ({ a: l.origin }) }); //! is not assignable to parameter of type
  keyed.intervalJoin("j", fees.keyBy("fee"), { ...near, select: (l) => ({ a: l.origin }) }); //! is not assignable to parameter of type
  keyed.intervalJoin("j", fees.keyBy("origin"), { ...near, select: (_, r) => ({ a: r.cost }) }); //! Property 'cost' does not exist
  keyed.intervalJoin("j", fees.keyBy("origin"), { ...near, select: () => ({ a: 5 }) }); //! a must be an expression
  flights.join("j", keyed, { select: (l) => ({ a: l.origin }) }); //! keyBy must come before join
  flights.windowJoin("j", keyed, { window: tumbling(hours(1)), select: (l) => ({ a: l.origin }) }); //! keyBy must come before windowJoin
  flights.asOfJoin("j", keyed, { select: (l) => ({ a: l.origin }) }); //! keyBy must come before asOfJoin
  keyed.join("j", other.keyBy("origin"), { select: (l) => ({ a: l.origin }) }); //! the keys of both sides must have the same types
  keyed.join("j", fees.keyBy("origin"), { kind: "outer", select: (l) => ({ a: l.origin }) }); //! No overload matches this call
  keyed.asOfJoin("j", fees.keyBy("origin"), { kind: "full", select: (l) => ({ a: l.origin }) }); //! is not assignable
  const select = (l: { readonly origin: StringExpression<string> }) => ({ a: l.origin });
  const byFee = fees.keyBy("origin");
  keyed.intervalJoin("j", byFee, { ...near, upper: (l) => l.origin, select }); //! is not assignable
  flights.lookupTable("l", fees, { on: (f) => ({ origin: f.origin }), select }); //! is not assignable
  flights.lookupTable("l", byFee, { on: (f) => ({ origin: f.delayMinutes }), select }); //! Type 'NumberExpression<number>' is missing
  const missing = keyed.join("k", byFee, { kind: "left", select: (l) => ({ origin: l.origin }) });
  missing.window(tumbling(hours(1))); //! window needs rows that stay: this stream is updating
  missing.windowJoin("j", keyed, { window: tumbling(hours(1)), select: () => ({}) }); //! windowJoin needs rows that stay
  keyed.intervalJoin("j", missing, { ...near, select }); //! is missing the following properties from type 'KeyedStream
  flights.aggregate("a", () => ({ n: count() })); //! keyBy must come before aggregate
  flights.topN("t", { n: 1, orderBy: (f) => f.delayMinutes }); //! keyBy must come before topN
  keyed.aggregate("a", () => ({ origin: count() })); //! the column origin is taken
  keyed.topN("t", { n: 1, orderBy: (f) => f.delay }); //! Property 'delay' does not exist
  keyed.topN("t", { n: 1, orderBy: () => 5 }); //! Type 'number' is not assignable to type
  keyed.topN("t", { n: 1, orderBy: (f) => f.delayMinutes, rank: "origin" }); //! the column origin is taken
  keyed.topN("t", { n: 1, orderBy: (f) => f.delayMinutes, emit: "when-complete" }); //! when-complete needs windowEnd among the keys
  const even = { every: hours(1), maxGap: hours(5) };
  const points = { ...even, time: "departedAt" } as const;
  const live = { ...points, upTo: "watermark" } as const;
  flights.resample("r", { ...even, columns: (f) => ({ n: linear(f.delayMinutes) }) }); //! keyBy must come before resample
  flights.gapFill("g", points); //! keyBy must come before gapFill
  flights.interpolate("i", { columns: ["delayMinutes"], maxGap: hours(1) }); //! keyBy must come before interpolate
  keyed.resample("r", { ...even, columns: (f) => ({ n: linear(f.destination) }) }); //! is not assignable to parameter of type 'ColumnExpression<Numeric>'
  keyed.resample("r", { ...even, columns: (f) => ({ n: linear(f.departedAt) }) }); //! linear needs numbers: times and durations are none
  keyed.resample("r", { ...even, columns: (f) => ({ n: f.delayMinutes }) }); //! n needs previous, next, nearest or linear
  keyed.resample("r", { ...even, columns: (f) => ({ origin: previous(f.origin) }) }); //! the column origin is taken: it is a key or the time of the point
  keyed.resample("r", { ...even, ...live, columns: (f) => ({ n: next(f.origin) }) }); //! up to the watermark there is no next row
  keyed.gapFill("g", { maxGap: hours(1) }); //! is missing the following properties
  keyed.gapFill("g", { ...even, time: "destination" }); //! is not assignable to type '"departedAt"'
  keyed.gapFill("g", { ...points, fill: { destination: "linear" } }); //! linear needs a column of numbers, and destination is none
  keyed.gapFill("g", { ...points, fill: { destination: "last" } }); //! is not assignable
  keyed.gapFill("g", { ...live, fill: { distanceMiles: "linear" } }); //! up to the watermark there is no next row
  keyed.gapFill("g", { ...points, fill: { late: "null" } }); //! late is no column that can be filled
  keyed.interpolate("i", { columns: ["delayMinutes"], maxGap: hours(1) }); //! delayMinutes is never null
  const maybe = keyed.withColumns((f) => ({ to: f.destination.nullIf("x") }));
  maybe.interpolate("i", { columns: ["to"], maxGap: hours(1) }); //! linear needs a column of numbers, and to is none
  maybe.interpolate("i", { columns: ["to"], method: "previous", maxGap: hours(1) });
  const out = t.row({ origin: t.utf8() });
  flights.process("p", { output: out, onRow: () => undefined }); //! keyBy must come before process
  keyed.process("p", { output: out, onRow: (f, c) => c.emit({ origin: f.delayMinutes }) }); //! is not assignable to type 'string'
  keyed.process("p", { output: out, onRow: (_, c) => c.emitTo("side", {}) }); //! is not assignable to parameter of type 'never'
  const counted = { output: out, state: { n: t.int32() } };
  keyed.process("p", { ...counted, onRow: (f, c) => c.state.n.set(f.origin) }); //! is not assignable to parameter of type 'number'
  keyed.process("p", { output: out, onRow: () => undefined }).side("late"); //! is not assignable to parameter of type 'never'
  const running = keyed.aggregate("running", () => ({ n: count() }));
  running.sink("out", store()); //! is not assignable to parameter of type 'UpdatingSinkDescriptor
  running.window(tumbling(hours(1))); //! window needs rows that stay
  running.gapFill("g", { maxGap: hours(1) }); //! gapFill needs rows that stay
  running.lookup(A, null); //! lookup needs rows that stay
  running.mapAsync(Flight, async () => ({})); //! mapAsync needs rows that stay
  running.filter((r) => r.n > 5); //! filter needs rows that stay
  running.rename({ n: "change" }).changes(); //! the column change is taken
  running.withColumns((r) => ({ origin: r.n })); //! origin is a key and cannot be replaced
  running.select("n").topN("t", { n: 1, orderBy: (r) => r.n }); //! keyBy must come before topN
  running.changes().keyBy("origin").detect("d", { value: "change", detector: seasonal }); //! is not assignable to type
  keyed.drop("origin"); //! origin is a key and must stay
  keyed.rename({ origin: "from" }); //! origin is a key and must stay
  keyed.withColumns((f) => ({ origin: f.destination })); //! origin is a key and cannot be replaced
  keyed.detect("d", { value: "destination", detector: seasonal }); //! Type '"destination"' is not assignable to type 'NumericColumn<
  const windowed = keyed.window(tumbling(hours(1)));
  keyed.window(hopping(hours(1))); //! Expected 2-3 arguments
  keyed.window(session(minutes(30), { offset: hours(1) })); //! Expected 1 arguments
  keyed.over("o", { rows: 5 }, () => ({ origin: count() })); //! the row has a column origin already
  keyed.over("o", { rows: 5 }, (f) => ({ to: f.destination })); //! to must be an aggregate
  keyed.over("o", { rows: 5, within: hours(1) }, () => ({ n: count() })); //! Type 'Duration' is not assignable to type 'undefined'
  keyed.over("o", { rows: 5, tieBreak: ["origin"] }, () => ({ n: count() })); //! Type '"origin"' is not assignable to type
  const changing = keyed.window(tumbling(hours(1)), { emit: "on-change" });
  const totals = changing.aggregate("t", () => ({ n: count() }));
  totals.window(tumbling(hours(1))); //! window needs rows that stay
  totals.sink("out", store()); //! is not assignable to parameter of type 'UpdatingSinkDescriptor
  keyed.window(tumbling(hours(1)), { emit: "on-start" }); //! No overload matches this call
  windowed.aggregate("a", () => ({ origin: count() })); //! the column origin is taken
  windowed.aggregate("a", () => ({ windowStart: count() })); //! the column windowStart is taken
  windowed.aggregate("a", (f) => ({ to: f.destination })); //! to must be an aggregate: a group has many values
  windowed.aggregate("a", (f) => ({ sum: mean(f.origin) })); //! is not assignable to parameter of type
  windowed.aggregate("a", (f) => ({ d: mean(f.delayMinutes).plus(f.delayMinutes) })); //! is not assignable to parameter of type
  const hourly = windowed.aggregate("h", (f) => ({ meanDelay: mean(f.delayMinutes) }));
  hourly.where((h) => h.delayMinutes.gt(5)).sink("out", store()); //! Property 'delayMinutes' does not exist
});
