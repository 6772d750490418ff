import type { CodePlace } from "@millrace/plan";

interface Frame extends CodePlace {
  readonly isInternal: boolean;
}

const framePattern = /\(?((?:file:\/\/)?(?:[A-Za-z]:)?[^()\s:][^():]*|node:[^():]+):(\d+):\d+\)?$/;

function parseFrame(line: string): Frame | undefined {
  const match = framePattern.exec(line.trim());
  if (match?.[1] === undefined) return undefined;
  const location = match[1].replace(/^(async )?at /, "");
  const isUrl = location.startsWith("file://");
  const file = isUrl ? decodeURIComponent(location.slice("file://".length)) : location;
  return { file, line: Number(match[2]), isInternal: location.startsWith("node:") };
}

function parseStack(stack: string | undefined): Frame[] {
  const lines = (stack ?? "").split("\n");
  return lines.map(parseFrame).filter((frame) => frame !== undefined);
}

// The folder is read off a stack, not off import.meta: so it has the same form as the frames it is
// compared with.
const ownFile = parseStack(new Error("place").stack)[0]?.file ?? "";
const ownFolder = ownFile.slice(0, ownFile.lastIndexOf("/") + 1);

function isOwn(frame: Frame): boolean {
  return ownFolder !== "" && frame.file.startsWith(ownFolder);
}

function placeOf(frame: Frame | undefined): CodePlace | undefined {
  return frame === undefined ? undefined : { file: frame.file, line: frame.line };
}

function isForeign(frame: Frame): boolean {
  return !frame.isInternal && !isOwn(frame);
}

/** Runs `body` with stacks deep enough to reach the user's code through steps within steps. */
export function withDeepStacks<Result>(body: () => Result): Result {
  const limited = Error as unknown as { stackTraceLimit?: number };
  const limit = limited.stackTraceLimit;
  limited.stackTraceLimit = 100;
  try {
    return body();
  } finally {
    if (limit !== undefined) limited.stackTraceLimit = limit;
  }
}

/**
 * Where the user's code called into this package: the innermost frame that is neither Node's nor
 * this package's.
 *
 * **Cost** one stack trace: for the building of plans, never per row.
 */
export function callerPlace(): CodePlace | undefined {
  const stack = withDeepStacks(() => new Error("place").stack);
  return placeOf(parseStack(stack).find(isForeign));
}

/**
 * Where in a pipeline's callback an error came from: the frame that this package's `build` called.
 * Inner frames may belong to any package that makes descriptors.
 */
export function placeBelowBuild(stack: string | undefined): CodePlace | undefined {
  const frames = parseStack(stack);
  const build = frames.findLastIndex(isOwn);
  return placeOf(frames.slice(0, Math.max(build, 0)).findLast(isForeign) ?? frames.find(isForeign));
}
