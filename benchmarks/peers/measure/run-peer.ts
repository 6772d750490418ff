import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Log, systemClock } from "@millrace/core";
import { deleteTopicsOf, type KafkaCluster } from "@millrace/kafka";
import { closeWindows, type InputTopics, makeTopic } from "../input/topics.ts";
import { writeResult } from "../oracle/write-result.ts";
import type { Answers } from "../../../pipelines/nexmark/oracle/answers.ts";
import type { JobName, OutputForm, Peer } from "../peer.ts";
import { peersDirectory } from "../repository.ts";
import { observe, type Usage } from "./observed-run.ts";

/** The broker under all runs, and where they leave things. */
export interface Bench {
  readonly brokers: string;
  readonly brokerPid: number;
  readonly cluster: KafkaCluster;
  readonly log: Log;
  /** For what lasts as long as a run. */
  readonly scratch: string;
  readonly logs: string;
}

/** What is run. */
export interface RunRequest {
  readonly peer: Peer;
  readonly software: string;
  readonly job: JobName;
  readonly block: number;
  readonly input: InputTopics;
  readonly answers: Answers;
}

/** What a run took and whether its result is right: a line of the raw results. */
export interface PeerRun extends Usage {
  readonly peer: string;
  readonly job: JobName;
  readonly block: number;
  readonly events: number;
  readonly bids: number;
  readonly records: number;
  /** Rows that the oracle does not have, and rows that only the oracle has. */
  readonly wrong: number;
  readonly missing: number;
  readonly examples: readonly string[];
  /** When it began. */
  readonly at: string;
}

const quietMs = 2_500;
/** Rows that replace others come once in a second or two. */
const quietOfChangesMs = 6_000;

/** Runs a peer over a data set, measures it, and compares all it wrote with the oracle. */
export async function runPeer(bench: Bench, request: RunRequest): Promise<PeerRun> {
  const { peer, job, input, block } = request;
  const tag = `${peer.name}-${job}-${input.events}-${block}`;
  const group = `run-${process.pid}-${tag}`;
  const state = join(bench.scratch, tag);
  rmSync(state, { recursive: true, force: true });
  mkdirSync(state, { recursive: true });
  const [outTopic, movedTopic] = [`${group}-out`, `${group}-moved`];
  await removeRunTopics(bench);
  for (const topic of [outTopic, movedTopic]) await makeTopic(bench.cluster, topic);
  await bench.log.topics();
  const at = new Date(systemClock.now()).toISOString();
  try {
    const used = await observe({
      command: peer.command({
        software: request.software,
        sources: peersDirectory,
        brokers: bench.brokers,
      }),
      env: {
        ...process.env,
        BOOTSTRAP: bench.brokers,
        JOB: job,
        GROUP: group,
        BID_TOPIC: input.bidTopic,
        AUCTION_TOPIC: input.auctionTopic,
        OUT_TOPIC: outTopic,
        REPART_TOPIC: movedTopic,
        STATE_DIR: state,
      },
      directory: state,
      logFile: join(bench.logs, `${tag}.log`),
      brokerPid: bench.brokerPid,
      log: bench.log,
      outTopic,
      isBounded: peer.isBounded,
      recordsExpected: await recordsExpected(request),
      quietMs: mayFold(peer.output, job) ? quietOfChangesMs : quietMs,
      ...(peer.needsNudges === true && job === "j2"
        ? { nudge: () => closeWindows(bench.brokers, input) }
        : {}),
    });
    const file = join(state, "result.duckdb");
    const records = await writeResult(bench.log, { topic: outTopic, file }, job, peer.output);
    const { wrong, missing, examples } = await request.answers.compare(job, file);
    const { events, bids } = input;
    const verdict = { records, wrong, missing, examples, at };
    return { peer: peer.name, job, block, events, bids, ...used, ...verdict };
  } finally {
    await removeRunTopics(bench);
    rmSync(state, { recursive: true, force: true });
  }
}

/** Whether fewer records may come than there are changes. */
function mayFold(output: OutputForm, job: JobName): boolean {
  if (output === "differences") return job === "j2" || job === "j4";
  return output === "some counts" && job === "j4";
}

/** Records that the job writes at least. */
async function recordsExpected({ peer, job, input, answers }: RunRequest): Promise<number> {
  if (mayFold(peer.output, job)) return 1;
  return job === "j4" ? input.bids : answers.rowCount(job);
}

/** Removes all topics of runs, those that peers made for themselves among them. */
async function removeRunTopics({ cluster }: Bench): Promise<void> {
  const names = (await cluster.topics())
    .filter(({ name, isInternal }) => !isInternal && !/^(bid|auction)-\d+$/.test(name))
    .map(({ name }) => name);
  await deleteTopicsOf(cluster, names);
}
