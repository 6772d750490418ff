import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { GoldenReport } from "@millrace/cli";
import type { SinkTexts } from "@millrace/simulate";

/** Files of what sinks are expected to hold: `<sink>.ndjson`, a row a line, sorted. */
export interface GoldenFiles {
  readonly directory: string;
  /** Whether the files are written in place of being compared. */
  readonly isUpdate: boolean;
}

const shownMax = 5;

/** Compares what stands in each sink with its file, or writes the files. */
export async function compareWithGolden(
  { directory, isUpdate }: GoldenFiles,
  sinks: SinkTexts,
): Promise<GoldenReport> {
  const problems: string[] = [];
  for (const [sink, texts] of Object.entries(sinks)) {
    const path = join(directory, `${sink}.ndjson`);
    const lines = texts.map(lineOf);
    if (isUpdate) {
      await mkdir(directory, { recursive: true });
      await writeFile(path, lines.map((line) => `${line}\n`).join(""));
    } else problems.push(...differencesOf(path, await readLines(path), lines));
  }
  return { directory, isUpdated: isUpdate, problems };
}

/** Undefined where there is no such file. */
async function readLines(path: string): Promise<string[] | undefined> {
  try {
    return (await readFile(path, "utf8")).split("\n").filter((line) => line !== "");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function differencesOf(
  path: string,
  expected: readonly string[] | undefined,
  actual: readonly string[],
): string[] {
  if (expected === undefined) return [`${path} does not exist; --update writes it`];
  const missing = without(expected, actual).map((line) => `− ${line}`);
  const unexpected = without(actual, expected).map((line) => `+ ${line}`);
  const all = [...missing, ...unexpected];
  if (all.length === 0) return [];
  const shown = all.slice(0, shownMax);
  const more = all.length > shownMax ? [`… and ${all.length - shownMax} more lines`] : [];
  return [`${path} differs:`, ...shown, ...more];
}

/** Lines of the first that the second has not, each as often as it is there. */
function without(lines: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const other of others) left.set(other, (left.get(other) ?? 0) + 1);
  return lines.filter((line) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count <= 0;
  });
}

/** A row of a simulation's result, `[[name, value], …]`, as an object. */
function lineOf(text: string): string {
  return JSON.stringify(Object.fromEntries(JSON.parse(text) as [string, unknown][]));
}
