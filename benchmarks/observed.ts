// What observing a run costs: J1 of Nexmark from a topic in memory, alone, with metrics, with a log
// of every commit beside, and with metrics that this process asks itself for ten times a second.
// Rates are slopes between a short and a long run.
import { run, type RunOptions } from "millrace";
import { openMemoryLog } from "millrace/log";
import { ecsLogger, openMetrics } from "millrace/observe";
import { measureInTurn, type Measurement } from "./harness/measure.ts";
import { type BenchLine, printLines } from "./harness/report.ts";
import { bidRecords } from "./nexmark/bid-records.ts";
import { jobs } from "./nexmark/jobs.ts";

const bids = { short: 400_000, long: 1_600_000 };
const askEveryMs = 100;
const batches = bidRecords(bids.long);
const [j1] = jobs;
if (j1 === undefined) throw new Error("J1 is the first job");

/** @returns the bids that were there: whole batches */
async function runOver(count: number, options: RunOptions): Promise<number> {
  const log = openMemoryLog();
  await log.createTopic({ name: "bids", partitions: 1, kind: "records" });
  const writer = await log.openAppender();
  let left = count;
  for (const batch of batches) {
    if (left > 0) writer.appendAll("bids", 0, batch);
    left -= batch.count;
  }
  await writer.commit();
  const { rowsRead } = await run(j1!.pipeline, { log, ...options });
  await log.close();
  return rowsRead;
}

async function observed(
  count: number,
  { isLogged = false, isAsked = false }: { isLogged?: boolean; isAsked?: boolean } = {},
): Promise<void> {
  const metrics = await openMetrics({ port: 0 });
  let text = "";
  const logger = ecsLogger({ write: (line) => (text = line), level: "debug" });
  const ask = (): void => void fetch(`${metrics.url}/metrics`).then((answer) => answer.text());
  const asking = isAsked ? setInterval(ask, askEveryMs) : undefined;
  const rows = await runOver(count, isLogged ? { metrics, logger } : { metrics });
  clearInterval(asking);
  const answer = await (await fetch(`${metrics.url}/metrics`)).text();
  if (!answer.includes(`input="bids"} ${rows}\n`)) throw new Error(`not all is counted: ${answer}`);
  if (isLogged && !text.includes("run-finished")) throw new Error("the log is not whole");
  await metrics.close();
}

const kinds: Readonly<Record<string, (count: number) => Promise<void>>> = {
  alone: async (count) => void (await runOver(count, {})),
  metrics: (count) => observed(count),
  "metrics and a log": (count) => observed(count, { isLogged: true }),
  "metrics, asked for": (count) => observed(count, { isAsked: true }),
};
const cases = Object.entries(kinds).flatMap(([kind, of]) =>
  Object.entries(bids).map(([size, count]) => ({ name: `${kind} ${size}`, run: () => of(count) })),
);
const found = await measureInTurn(cases, { warmUps: 2, repeats: 11 });

function rate(kind: string, of: (measurement: Measurement) => number): number {
  const [short, long] = ["short", "long"].map((size) => found.get(`${kind} ${size}`));
  if (short === undefined || long === undefined) throw new Error("both sizes were measured");
  return (bids.long - bids.short) / ((of(long) - of(short)) / 1000);
}

const lines = Object.keys(kinds)
  .slice(1)
  .flatMap((kind): BenchLine[] => {
    const line = (unit: string, of: (measurement: Measurement) => number): BenchLine => ({
      case: `${j1.name} with ${kind}`,
      value: rate(kind, of),
      unit,
      baseline: rate("alone", of),
      against: "the run alone",
    });
    return [line("rows/s", (m) => m.wallMs), line("rows/cpu-s", (m) => m.cpuMs)];
  });
printLines("observed", lines);
