// How cost grows: with records, keys, open windows, fields and record size. Writes a page of plots
// to .millrace/growth.html.
//
// CPU is that of the whole process. A slope of 1 over logarithmic axes is linear growth; 1.1 is the
// most that is allowed for CPU over records, at each setting.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  figure,
  htmlReport,
  type LogLine,
  logLinesPlot,
  type Section,
  table,
} from "@millrace/report";
import { columnsRead, decode, makeBids } from "./growth/decode-growth.ts";
import { aggregate, type KeySpread, makeRows, memoryAfterWindows } from "./growth/window-growth.ts";
import { keep } from "./harness/compare.ts";
import { measureOnce } from "./harness/measure.ts";
import { type BenchLine, printLines } from "./harness/report.ts";

/** One setting of a series: its size, and the work at a number of records. */
interface Setting {
  readonly at: number;
  readonly records: readonly number[];
  readonly prepare: (records: number) => () => number;
}

interface Measured {
  readonly at: number;
  /** ns per record at the largest number of records. */
  readonly nsPerRecord: number;
  /** Of log CPU over log records. */
  readonly slope: number;
}

/** What is varied, and what is measured of it. */
interface Series {
  readonly name: string;
  readonly xName: string;
  readonly settings: readonly Setting[];
}

const isShort = process.argv.includes("--short");
const keyCounts = isShort ? [1e2, 1e4, 1e6] : [1e2, 1e3, 1e4, 1e5, 1e6, 1e7];

/** More records than keys, so that most keys are there; each step doubles the records. */
function recordCounts(keys: number): number[] {
  const least = Math.max(250_000, keys / 2);
  return [least, 2 * least, 4 * least];
}

function keySeries(spread: KeySpread): Series {
  return {
    name: `tumbling count and sum, ${spread} keys`,
    xName: "keys",
    settings: keyCounts.map((keys) => ({
      at: keys,
      records: recordCounts(keys),
      prepare: (rows) => {
        const batches = makeRows({ rows, keys, spread, windows: 1 });
        return () => aggregate(batches);
      },
    })),
  };
}

const windowSeries: Series = {
  name: "tumbling count and sum, 1,000 keys",
  xName: "windows open together",
  settings: (isShort ? [1, 60, 600] : [1, 6, 60, 200, 600]).map((windows) => ({
    at: windows,
    records: [500_000, 1_000_000, 2_000_000],
    prepare: (rows) => {
      const batches = makeRows({ rows, keys: 1000, spread: "uniform", windows });
      return () => aggregate(batches);
    },
  })),
};

function decodeSeries(fields: number): Series {
  return {
    name: `JSON to columns, ${fields} of 7 fields`,
    xName: "bytes of a record",
    settings: (isShort ? [200, 2_000] : [200, 500, 1_000, 3_000, 10_000]).map((bytes) => ({
      at: bytes,
      records: [1, 2, 4].map((step) => (step * Math.min(80_000, 1e8 / bytes)) / 4),
      prepare: (records) => {
        const text = makeBids(records, bytes);
        return () => decode(text, columnsRead(fields));
      },
    })),
  };
}

const repeats = 3;

async function measure({ at, records, prepare }: Setting): Promise<Measured> {
  const points: [number, number][] = [];
  for (const count of records) {
    const run = prepare(count);
    keep(run());
    let best = Infinity;
    for (let repeat = 0; repeat < repeats; repeat += 1) {
      best = Math.min(best, (await measureOnce(() => keep(run()))).cpuMs);
    }
    points.push([count, best]);
  }
  const [count, cpuMs] = points.at(-1) as [number, number];
  return { at, nsPerRecord: (cpuMs * 1e6) / count, slope: slopeOf(points) };
}

/** Least squares over logarithms. */
function slopeOf(points: readonly (readonly [number, number])[]): number {
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)] as const);
  const meanX = logs.reduce((sum, [x]) => sum + x, 0) / logs.length;
  const meanY = logs.reduce((sum, [, y]) => sum + y, 0) / logs.length;
  const covariance = logs.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  return covariance / logs.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
}

const groups: readonly { readonly title: string; readonly series: readonly Series[] }[] = [
  { title: "Keys", series: [keySeries("uniform"), keySeries("zipf")] },
  { title: "Open windows", series: [windowSeries] },
  { title: "Record size and fields", series: [decodeSeries(3), decodeSeries(7)] },
];

const lines: BenchLine[] = [];
const sections: Section[] = [];
// First, while the process holds nothing else.
const memory = memoryAfterWindows(isShort ? [10, 100] : [10, 100, 300, 1000]);
for (const { windows, mb } of memory) {
  const setting = `${windows.toLocaleString("en")} windows closed, 10,000 new keys each`;
  lines.push({ case: setting, value: mb, unit: "MB of memory", lowerIsBetter: true });
}
sections.push({
  title: "Memory",
  blocks: [
    table(
      [
        { name: "windows closed, 10,000 new keys each", isNumber: true },
        { name: "MB of the process", isNumber: true },
      ],
      memory.map(({ windows, mb }) => [windows.toLocaleString("en"), mb.toFixed(0)]),
    ),
  ],
});
for (const { title, series } of groups) {
  const plotted: LogLine[] = [];
  const rows: string[][] = [];
  for (const { name, xName, settings } of series) {
    const measured: Measured[] = [];
    for (const setting of settings) {
      if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${name}: ${setting.at} ${xName}`);
      measured.push(await measure(setting));
    }
    for (const { at, nsPerRecord, slope } of measured) {
      const setting = `${name}, ${at.toLocaleString("en")} ${xName}`;
      lines.push(
        { case: setting, value: nsPerRecord, unit: "CPU ns/record", lowerIsBetter: true },
        { case: `${setting}: CPU over records`, value: slope, unit: "slope", lowerIsBetter: true },
      );
      rows.push([name, at.toLocaleString("en"), nsPerRecord.toFixed(1), slope.toFixed(2)]);
    }
    plotted.push({ name, points: measured.map(({ at, nsPerRecord }) => [at, nsPerRecord]) });
  }
  const { xName } = series[0] as Series;
  const plot = logLinesPlot({ label: title, unit: "CPU ns per record", xName, lines: plotted });
  const columns = [
    { name: "case" },
    { name: xName, isNumber: true },
    { name: "CPU ns per record", isNumber: true },
    { name: "slope of CPU over records", isNumber: true },
  ];
  sections.push({
    title,
    blocks: [figure(plot, `Cost of a record by ${xName}`), table(columns, rows)],
  });
}
if (process.stderr.isTTY) process.stderr.write("\r\u001B[K");
printLines("growth", lines);

const page = join(".millrace", "growth.html");
mkdirSync(dirname(page), { recursive: true });
const subtitle = `Best of ${repeats} runs each; Node ${process.versions.node}`;
writeFileSync(page, htmlReport({ title: "How cost grows", subtitle, sections }));
if (!process.argv.includes("--json")) process.stdout.write(`\npage: ${page}\n`);
