import { rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { ownCluster as OwnCluster } from "../../dev/services/services.mjs";
import { seededRandom, systemClock } from "@millrace/core";
import { KafkaCluster } from "@millrace/kafka";
import { openKafkaLog } from "millrace/log";
import type { Settings, Sizes } from "./command-line.ts";
import { InputSets } from "./input/input-sets.ts";
import { install, type Installed } from "./install/install.ts";
import { listenerOf } from "./measure/broker-process.ts";
import { type Bench, runPeer } from "./measure/run-peer.ts";
import type { JobName, Peer, SoftwareName } from "./peer.ts";
import type { Places } from "./places.ts";
import { repositoryRoot } from "./repository.ts";
import type { RawRuns } from "./table/raw-runs.ts";

/** Event times lie in the past: what is older than it may be must not be removed. */
const brokerSettings = {
  "log.retention.ms": -1,
  "log.retention.check.interval.ms": 86_400_000,
  "file.delete.delay.ms": 500,
  "log.segment.delete.delay.ms": 500,
};

/** A run that is still to be done. */
interface Planned {
  readonly peer: Peer;
  readonly software: string;
  readonly job: JobName;
  readonly block: number;
  readonly events: number;
}

/** The block of notes that say why a peer could not be run at all. */
const noBlock = -1;

/**
 * Does the runs that are missing: in each block every peer and job once per size, in an order that
 * is another one in each block, so that a busy time falls on all alike.
 */
export async function compare(given: Settings, places: Places, runs: RawRuns): Promise<void> {
  if (given.isAgain) {
    const names = new Set(given.peers.map(({ name }) => name));
    const jobs = new Set<string>(given.jobs);
    runs.forget(({ peer, job }) => names.has(peer) && jobs.has(job));
  }
  const installed = await installAll(given, places, runs);
  const planned = planOf(given, installed).filter(
    ({ peer, job, block, events }) => !runs.has({ peer: peer.name, job, block, events }),
  );
  if (planned.length === 0) return;
  await withBench(places, async (bench) => {
    const inputs = new InputSets(bench, places.data, note);
    const startMs = systemClock.monotonicMs();
    for (const [done, run] of planned.entries()) {
      note(`${done + 1}/${planned.length} ${titleOf(run)}${leftText(startMs, done, planned)}`);
      await runOne(bench, inputs, run, given, runs);
    }
    await inputs.close();
  });
}

async function runOne(
  bench: Bench,
  inputs: InputSets,
  run: Planned,
  given: Settings,
  runs: RawRuns,
): Promise<void> {
  const { peer, job, block, events } = run;
  try {
    const { input, answers } = await inputs.get(events);
    const result = await runPeer(bench, { ...run, input, answers });
    runs.add(result);
    const differing = result.wrong + result.missing;
    const verdict = differing === 0 ? "right" : `WRONG: ${result.wrong} + ${result.missing} rows`;
    note(`  ${result.cpuSeconds.toFixed(1)} CPU s, ${result.end}, ${verdict}`);
    if (given.isJson) process.stdout.write(`${JSON.stringify(result)}\n`);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    note(`  failed: ${text}`);
    runs.add({ peer: peer.name, job, block, events, error: text });
  }
}

function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

function titleOf({ peer, job, block, events }: Planned): string {
  return `${peer.name} ${job}, ${events / 1e6} M records, block ${block}`;
}

function leftText(startMs: number, done: number, { length }: readonly Planned[]): string {
  if (done === 0) return "";
  const perRun = (systemClock.monotonicMs() - startMs) / done;
  return `, about ${Math.ceil((perRun * (length - done)) / 60_000)} min left`;
}

/** Software of the chosen peers; what is missing is noted among the runs. */
async function installAll(
  given: Settings,
  places: Places,
  runs: RawRuns,
): Promise<ReadonlyMap<SoftwareName, Installed>> {
  const installed = new Map<SoftwareName, Installed>();
  for (const { name, software } of given.peers) {
    runs.forget(({ peer, block }) => peer === name && block === noBlock);
    if (software === undefined) continue;
    const known = installed.get(software);
    const logFile = join(places.logs, `install-${software}.log`);
    const found = known ?? (await install(software, places.cache, logFile, note));
    installed.set(software, found);
    if (!("missing" in found)) continue;
    note(`${name} cannot be run: ${found.missing}`);
    for (const job of given.jobs)
      runs.add({ peer: name, job, block: noBlock, events: 0, error: found.missing });
  }
  return installed;
}

function planOf(given: Settings, installed: ReadonlyMap<SoftwareName, Installed>): Planned[] {
  const blocks = Array.from({ length: given.blocks }, (_, index) => index + 1);
  return blocks.flatMap((block) => {
    const pairs = given.jobs.flatMap((job) => given.peers.map((peer) => ({ job, peer })));
    return shuffled(pairs, block).flatMap(({ job, peer }) => {
      const found = peer.software === undefined ? { directory: "" } : installed.get(peer.software);
      if (found === undefined || "missing" in found || peer.cannot?.[job] !== undefined) return [];
      const sizes: Sizes = peer.isSlow ? given.slowSizes : given.sizes;
      const software = found.directory;
      return sizes.map((events) => ({ peer, software, job, block, events }));
    });
  });
}

/** Another order for each seed (Fisher and Yates). */
function shuffled<Item>(items: readonly Item[], seed: number): Item[] {
  const random = seededRandom(seed);
  const result = [...items];
  for (let last = result.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random.next() * (last + 1));
    [result[last], result[other]] = [result[other] as Item, result[last] as Item];
  }
  return result;
}

/** Starts a broker of its own for the time of the work. */
async function withBench(places: Places, work: (bench: Bench) => Promise<void>): Promise<void> {
  // What a run left that was interrupted.
  rmSync(places.scratch, { recursive: true, force: true });
  // Not bundled: it looks for its scripts beside itself.
  const file = pathToFileURL(join(repositoryRoot, "dev", "services", "services.mjs"));
  const { ownCluster } = (await import(file.href)) as { ownCluster: typeof OwnCluster };
  const service = await ownCluster({ nodes: 1, settings: brokerSettings, isMeasured: true });
  const brokers = service.brokers.join(",");
  const cluster = await KafkaCluster.connect({ brokers: service.brokers }, systemClock);
  const log = await openKafkaLog({ brokers: service.brokers }, systemClock);
  try {
    const brokerPid = listenerOf(Number(brokers.split(":").at(-1)));
    const { scratch, logs } = places;
    await work({ brokers, brokerPid, cluster, log, scratch, logs });
  } finally {
    await log.close();
    await cluster.close();
    await service.close();
  }
}
