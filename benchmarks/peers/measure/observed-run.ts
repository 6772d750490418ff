import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { type Log, systemClock } from "@millrace/core";
import { partitions } from "../input/topics.ts";
import type { Command } from "../peer.ts";
import {
  endedChildrenSeconds,
  machineSeconds,
  ownSeconds,
  treePeakMb,
  treeSeconds,
} from "./process-tree.ts";

/** A process to watch, and what tells that it is done. */
export interface Observation {
  readonly command: Command;
  readonly env: NodeJS.ProcessEnv;
  readonly directory: string;
  readonly logFile: string;
  readonly brokerPid: number;
  readonly log: Log;
  readonly outTopic: string;
  /** Whether it ends by itself. */
  readonly isBounded: boolean;
  /** Records after which a silence of `quietMs` means that all is written. */
  readonly recordsExpected: number;
  readonly quietMs: number;
  /** Brings what lets the last results come out, where a peer needs it. */
  readonly nudge?: () => Promise<void>;
}

/** What a process took. */
export interface Usage {
  /** CPU seconds of the process and its descendants: to the end, or to its last record. */
  readonly cpuSeconds: number;
  /** CPU seconds of the broker in the same time. */
  readonly brokerSeconds: number;
  /** CPU seconds of everything else on the machine. */
  readonly otherSeconds: number;
  readonly wallSeconds: number;
  /** Most memory that its processes held, in MiB. */
  readonly peakMb: number;
  /** `ended CODE`, `drained`, `stalled` or `out of time`. */
  readonly end: string;
}

const lookEveryMs = 300;
const runMaxMs = 1_800_000;
const stalledMs = 45_000;
const startMaxMs = 180_000;
const nudgeAfterMs = 2_000;
const firstNudgeAfterMs = 15_000;
const nudgesMax = 20;
const farewellMs = 15_000;

/**
 * Runs a process until it ends, or has written all and fallen silent, and states what it took.
 * Afterwards it and its descendants have ended.
 */
export async function observe(observation: Observation): Promise<Usage> {
  const { command, env, directory, logFile } = observation;
  const output = openSync(logFile, "a");
  const before = new Meters(observation.brokerPid);
  const child = spawn(command.program, command.args, {
    cwd: directory,
    env: { ...env, ...command.env },
    stdio: ["ignore", output, output],
    // A process group of its own, which is ended as a whole.
    detached: true,
  });
  closeSync(output);
  const ended = endOf(child);
  const onExit = (): void => endGroup(child, "SIGKILL");
  process.once("exit", onExit);
  try {
    return await watch(observation, child, ended, before);
  } finally {
    await farewell(child, ended);
    process.removeListener("exit", onExit);
  }
}

/** What is read off at a moment, less what it was at the start. */
class Meters {
  readonly #brokerPid: number;
  readonly #startMs = systemClock.monotonicMs();
  readonly #ended = endedChildrenSeconds();
  readonly #broker: number;
  readonly #machine = machineSeconds();

  constructor(brokerPid: number) {
    this.#brokerPid = brokerPid;
    this.#broker = ownSeconds(brokerPid);
  }

  get wallMs(): number {
    return systemClock.monotonicMs() - this.#startMs;
  }

  /** Of the process that runs; undefined: it has ended and was waited for. */
  used(pid: number | undefined): Omit<Usage, "peakMb" | "end"> {
    const cpuSeconds = pid === undefined ? endedChildrenSeconds() - this.#ended : treeSeconds(pid);
    const brokerSeconds = ownSeconds(this.#brokerPid) - this.#broker;
    const otherSeconds = machineSeconds() - this.#machine - cpuSeconds - brokerSeconds;
    return { cpuSeconds, brokerSeconds, otherSeconds, wallSeconds: this.wallMs / 1000 };
  }
}

async function watch(
  observation: Observation,
  child: ChildProcess,
  ended: Promise<number | string>,
  meters: Meters,
): Promise<Usage> {
  const { isBounded, recordsExpected, quietMs, nudge } = observation;
  let exit: number | string | undefined;
  const finished = ended.then((code) => (exit = code));
  let [peakMb, records, nudges] = [0, -1, 0];
  let used = meters.used(child.pid ?? 0);
  let sinceMs = 0;
  for (;;) {
    await Promise.race([finished, systemClock.sleep(lookEveryMs)]);
    if (exit !== undefined) return { ...meters.used(undefined), peakMb, end: `ended ${exit}` };
    peakMb = Math.max(peakMb, treePeakMb(child.pid ?? 0));
    const written = await recordsOf(observation);
    const now = meters.wallMs;
    if (written !== records) {
      records = written;
      sinceMs = now;
      used = meters.used(child.pid ?? 0);
      continue;
    }
    const quiet = now - sinceMs;
    const isComplete = records >= recordsExpected;
    if (isComplete && !isBounded && quiet > quietMs) return { ...used, peakMb, end: "drained" };
    const mayNudge = nudge !== undefined && !isComplete && nudges < nudgesMax;
    // Nothing at all has come of a process that is still starting.
    const patienceMs = records === 0 ? startMaxMs : stalledMs;
    if (quiet > patienceMs && !mayNudge) return { ...used, peakMb, end: "stalled" };
    if (now > runMaxMs) return { ...used, peakMb, end: "out of time" };
    if (!mayNudge || quiet < (records === 0 ? firstNudgeAfterMs : nudgeAfterMs)) continue;
    nudges += 1;
    await nudge();
  }
}

/** Offsets that the topic has given out; marks of transactions among them. */
async function recordsOf({ log, outTopic }: Observation): Promise<number> {
  let total = 0;
  for (let partition = 0; partition < partitions; partition += 1) {
    const { end } = await log.bounds(outTopic, partition);
    total += Number(end);
  }
  return total;
}

/** The exit code, the signal, or why it could not be started. */
function endOf(child: ChildProcess): Promise<number | string> {
  return new Promise((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("exit", (code, signal) => resolve(code ?? signal ?? "without a code"));
  });
}

function endGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    // All of the group have ended.
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

async function farewell(child: ChildProcess, ended: Promise<number | string>): Promise<void> {
  endGroup(child, "SIGTERM");
  await Promise.race([ended, systemClock.sleep(farewellMs)]);
  endGroup(child, "SIGKILL");
  await ended;
}
