import { readdirSync, readFileSync } from "node:fs";

/** Ticks per second in which Linux states CPU times (USER_HZ), on every architecture. */
const ticksPerSecond = 100;

/** Numbers of `/proc/PID/stat`; undefined where the process has ended. */
interface ProcessTimes {
  readonly parent: number;
  /** User and system seconds of its own threads. */
  readonly own: number;
  /** The same of its children that have ended and were waited for, and of theirs. */
  readonly ended: number;
}

function timesOf(pid: number | "self"): ProcessTimes | undefined {
  const text = readProc(`${pid}/stat`);
  if (text === undefined) return undefined;
  // The name in parentheses may contain blanks.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const seconds = (first: number): number =>
    (Number(fields[first]) + Number(fields[first + 1])) / ticksPerSecond;
  return { parent: Number(fields[1]), own: seconds(11), ended: seconds(13) };
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(`/proc/${path}`, "utf8");
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ENOENT" || code === "ESRCH" || code === "EACCES";
}

/** Processes that run. */
export function processIds(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** A process with all its descendants. */
function treeOf(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const pid of processIds()) {
    const parent = timesOf(pid)?.parent;
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const found = [root];
  for (const pid of found) found.push(...(children.get(pid) ?? []));
  return found;
}

/** CPU seconds of a process, its threads and its descendants, the ended ones included. */
export function treeSeconds(root: number): number {
  let total = 0;
  for (const pid of treeOf(root)) {
    const times = timesOf(pid);
    if (times !== undefined) total += times.own + times.ended;
  }
  return total;
}

/** CPU seconds of one process without its children. */
export function ownSeconds(pid: number): number {
  return timesOf(pid)?.own ?? 0;
}

/** CPU seconds of all children of this process that have ended, with theirs. */
export function endedChildrenSeconds(): number {
  return timesOf("self")?.ended ?? 0;
}

/** Most memory that each process of a tree has held, added up, in MiB. */
export function treePeakMb(root: number): number {
  let total = 0;
  for (const pid of treeOf(root)) {
    const line = /^VmHWM:\s+(\d+) kB/m.exec(readProc(`${pid}/status`) ?? "");
    total += Number(line?.[1] ?? 0) / 1024;
  }
  return total;
}

/** CPU seconds of the whole machine since it started. */
export function machineSeconds(): number {
  const [first = ""] = (readProc("stat") ?? "").split("\n");
  const [user = 0, nice = 0, system = 0, , , interrupt = 0, softInterrupt = 0] = first
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + interrupt + softInterrupt) / ticksPerSecond;
}
