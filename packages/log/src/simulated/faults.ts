import type { Random } from "@millrace/core";

/** What a request asks for, which decides what can go wrong with it. */
export type RequestKind =
  | "admin"
  | "delete"
  | "open"
  | "bounds"
  | "read"
  | "truncate"
  | "produce"
  | "commit"
  | "marks"
  | "source"
  | "sink";

/**
 * What goes wrong with a request:
 *
 * - `crash`, `crash-after`: the process dies before the request has left it; after it was carried
 *   out, but before the answer. Between two parts of a transaction that tears it.
 * - `stall`: the process stands still before the request leaves it, for longer than others wait: a
 *   zombie.
 * - `delay-request`, `delay-response`: it takes seconds; `reorder`: others pass it.
 * - `lose-request`, `lose-response`: it fails after a time-out, not having been carried out or
 *   having been.
 * - `duplicate`: it is carried out twice; the second answer counts.
 * - `broker-roll`: nothing is carried out for seconds.
 * - `no-space`: for seconds nothing can be written.
 * - `late-marks`: partitions learn late that a transaction has ended, each in its own time.
 * - `flip-bit`, `tear-record`: what is read was damaged on the disk.
 * - `lose-prefix`: records went before they were read; `lose-progress`: a changelog is empty.
 */
export type FaultKind =
  | "crash"
  | "crash-after"
  | "stall"
  | "delay-request"
  | "delay-response"
  | "reorder"
  | "lose-request"
  | "lose-response"
  | "duplicate"
  | "broker-roll"
  | "no-space"
  | "late-marks"
  | "flip-bit"
  | "tear-record"
  | "lose-prefix"
  | "lose-progress";

/** Faults after which a run goes on and loses nothing. */
export const survivedFaults: readonly FaultKind[] = [
  "crash",
  "crash-after",
  "stall",
  "delay-request",
  "delay-response",
  "reorder",
  "lose-request",
  "lose-response",
  "duplicate",
  "broker-roll",
  "no-space",
  "late-marks",
];

/** Faults that destroy what cannot be had again: a run stops with a coded error. */
export const destructiveFaults: readonly FaultKind[] = [
  "flip-bit",
  "tear-record",
  "lose-prefix",
  "lose-progress",
];

/** A request at which something can go wrong: the `count`-th of its name, from 1. */
export interface FaultPoint {
  /** What is asked for and of what, such as `commit orders.totals.0`. */
  readonly name: string;
  readonly kind: RequestKind;
  readonly count: number;
}

/** One thing that goes wrong. */
export interface Fault {
  readonly kind: FaultKind;
  /** How long it takes, where that matters. */
  readonly ms: number;
}

/** Says what goes wrong with a request; undefined where nothing does. */
export type FaultPlan = (point: FaultPoint) => Fault | undefined;

const network: readonly FaultKind[] = [
  "crash",
  "crash-after",
  "stall",
  "delay-request",
  "delay-response",
  "reorder",
  "lose-request",
  "lose-response",
  "broker-roll",
];

/** What can go wrong with which request. */
const possible: Readonly<Record<RequestKind, readonly FaultKind[]>> = {
  admin: network,
  // Topics are deleted by name: who is held up right before deletes those of its successor, whose
  // next commit then fails. That is told, not survived.
  delete: network.filter((kind) => !isHoldUp(kind)),
  open: network,
  bounds: [...network, "lose-progress"],
  read: [...network, "duplicate", "flip-bit", "tear-record", "lose-prefix"],
  truncate: [...network, "duplicate"],
  produce: [...network, "duplicate", "no-space"],
  commit: [...network, "duplicate"],
  marks: ["late-marks"],
  source: network,
  sink: [...network, "duplicate"],
};

function isHoldUp(kind: FaultKind): boolean {
  return kind === "stall" || kind === "delay-request" || kind === "broker-roll";
}

/** Nothing goes wrong. */
export const noFaults: FaultPlan = () => undefined;

/** How often what goes wrong. */
export interface RandomFaultsOptions {
  readonly kinds: readonly FaultKind[];
  /** Chance of a fault at a request, 0 to 1. */
  readonly chance: number;
  /** Faults in all. */
  readonly faultsMax: number;
}

/** How long faults of a kind take, in ms. */
const durations: Readonly<Partial<Record<FaultKind, readonly [from: number, to: number]>>> = {
  stall: [4_000, 20_000],
  "delay-request": [500, 4_000],
  "delay-response": [500, 4_000],
  reorder: [5, 80],
  duplicate: [1, 3_000],
  "broker-roll": [200, 8_000],
  "no-space": [200, 4_000],
  "late-marks": [50, 4_000],
};

/** Faults at random. The same numbers give the same faults at the same requests. */
export function randomFaults(random: Random, options: RandomFaultsOptions): FaultPlan {
  const { chance, faultsMax } = options;
  let left = faultsMax;
  return ({ kind: asked }) => {
    const kinds = possible[asked].filter((kind) => options.kinds.includes(kind));
    if (left === 0 || kinds.length === 0 || random.next() >= chance) return undefined;
    left -= 1;
    const kind = kinds[Math.floor(random.next() * kinds.length)] as FaultKind;
    const [from, to] = durations[kind] ?? [0, 0];
    return { kind, ms: Math.round(from + random.next() * (to - from)) };
  };
}

/** A fault and where it happens, as a line of a script says it. */
export interface ScriptedFault extends Fault {
  readonly name: string;
  readonly count: number;
}

/** Exactly the faults of a script; those at requests that are never made do not happen. */
export function scriptedFaults(script: readonly ScriptedFault[]): FaultPlan {
  return ({ name, count }) => script.find((fault) => fault.name === name && fault.count === count);
}

/** `<kind> <ms> at <name> #<count>`. */
export function formatFault({ kind, ms, name, count }: ScriptedFault): string {
  return `${kind} ${ms} at ${name} #${count}`;
}

/** Reads what `formatFault` wrote; undefined for anything else. */
export function parseFault(line: string): ScriptedFault | undefined {
  const [, kind = "", ms, name = "", count] = /^(\S+) (\d+) at (.+) #(\d+)$/.exec(line) ?? [];
  const known = [...survivedFaults, ...destructiveFaults].find((each) => each === kind);
  if (known === undefined) return undefined;
  return { kind: known, ms: Number(ms), name, count: Number(count) };
}
