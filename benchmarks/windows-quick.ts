import { rideBatches } from "./windows/rides.ts";
import { countAndSum, greatest, runOperator, windowOperator, overOperator } from "./windows/run-operator.ts";
const which = process.env.CASE ?? "all";
function time(name: string, rows: number, run: () => number) {
  if (which !== "all" && !name.startsWith(which)) return;
  let out = 0;
  const times: number[] = [];
  for (let i = 0; i < 7; i += 1) { const t = 0; const c = process.cpuUsage(); out = run(); times.push((process.cpuUsage(c).user + process.cpuUsage(c).system) / 1e3 - t); }
  times.sort((a, b) => a - b);
  console.log(name, (rows / times[3]! / 1e3).toFixed(2), "M rows/s; best", (rows / times[0]! / 1e3).toFixed(2), "out", out);
}
const tumbling = (sizeMs: number) => ({ kind: "tumbling", sizeMs, offsetMs: 0 }) as const;
const hop = (sizeMs: number, slideMs: number) => ({ kind: "hopping", sizeMs, slideMs, offsetMs: 0 }) as const;
{
  const o = { rows: 4_000_000, keys: 10_000, coveredMs: 40_000 };
  const b = rideBatches(o);
  time("t10k", o.rows, () => runOperator(windowOperator(tumbling(10_000), countAndSum), b));
}
{
  const o = { rows: 4_000_000, keys: 1_000_000, coveredMs: 20_000 };
  const b = rideBatches(o);
  time("t1m", o.rows, () => runOperator(windowOperator(tumbling(10_000), countAndSum), b));
}
for (const keys of [100, 1000]) {
  const o = { rows: 2_000_000, keys, coveredMs: 60_000 };
  const b = rideBatches(o);
  time(`h1-${keys}`, o.rows, () => runOperator(windowOperator(hop(10_000, 10_000), countAndSum), b));
  time(`h100-${keys}`, o.rows, () => runOperator(windowOperator(hop(10_000, 100), countAndSum), b));
  time(`h100max-${keys}`, o.rows, () => runOperator(windowOperator(hop(10_000, 100), greatest), b));
  time(`cum-${keys}`, o.rows, () => runOperator(windowOperator({kind:"cumulate",stepMs:1000,sizeMs:10_000,offsetMs:0}, countAndSum), b));
  time(`session-${keys}`, o.rows, () => runOperator(windowOperator({kind:"session",gapMs:1000}, countAndSum), b));
  time(`over-${keys}`, o.rows/4, () => runOperator(overOperator({kind:"time",sizeMs:1000}, countAndSum), b.slice(0, 8)));
  time(`overrows-${keys}`, o.rows/4, () => runOperator(overOperator({kind:"rows",count:11}, countAndSum), b.slice(0, 8)));
  time(`count-${keys}`, o.rows/4, () => runOperator(windowOperator({kind:"global",trigger:{kind:"rows",count:100},purge:true}, countAndSum), b.slice(0, 8)));
}
