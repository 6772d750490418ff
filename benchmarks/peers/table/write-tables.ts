import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import type { Settings } from "../command-line.ts";
import type { Places } from "../places.ts";
import { markdownOf } from "./markdown.ts";
import { pageOf } from "./page.ts";
import type { RawRuns } from "./raw-runs.ts";
import { peerRows } from "./rows.ts";

/**
 * Writes the table and the page of all runs of a comparison, and prints the table.
 *
 * @returns whether every run so far was right
 */
export function writeTables(given: Settings, places: Places, runs: RawRuns): boolean {
  const rows = peerRows(runs.all);
  const notes = notesOf(given, places, runs);
  const texts = { "table.md": markdownOf(rows, notes), "page.html": pageOf(rows, notes) };
  for (const [name, content] of Object.entries(texts))
    writeFileSync(join(places.tables, name), content);
  if (given.isKept) {
    mkdirSync(places.results, { recursive: true });
    const target = (ending: string): string => join(places.results, `${given.name}.${ending}`);
    copyFileSync(join(places.tables, "table.md"), target("md"));
    copyFileSync(join(places.tables, "page.html"), target("html"));
    copyFileSync(places.runs, target("jsonl"));
  }
  if (given.isJson) for (const row of rows) process.stdout.write(`${JSON.stringify(row)}\n`);
  else process.stdout.write(texts["table.md"]);
  process.stderr.write(`${join(places.tables, "page.html")}\n`);
  return runs.all.every((run) => !("error" in run) && run.wrong + run.missing === 0);
}

function notesOf(given: Settings, places: Places, { all }: RawRuns): string[] {
  const measured = all.filter((run) => "at" in run);
  const days = measured.map(({ at }) => at.slice(0, 10)).toSorted();
  const sizes = [...new Set(measured.map(({ events }) => events))].toSorted((a, b) => a - b);
  const [processor] = cpus();
  return [
    `${cpus().length} × ${processor?.model.trim() ?? "unknown processor"}, Node ${process.version}, ` +
      `Kafka on the same machine; ${days[0] ?? "no runs"} to ${days.at(-1) ?? "no runs"}`,
    `records: ${sizes.map((size) => `${size / 1e6} M`).join(", ")}; 46 of 50 are bids`,
    "CPU is of the whole process tree: the slope between the two sizes of a block; [bounds] are a " +
      "bootstrap interval of 95 % over the blocks, and none is given for fewer than three",
    "“× Millrace” is the median of the ratios by block; “broker” is the broker's CPU, “start” what a " +
      "run takes beside; “others” is the share of the machine's busy time that was nobody's of both",
    ...noteOf(given, places),
  ];
}

/** The note stays with the comparison until another one is given. */
function noteOf({ note }: Settings, { tables }: Places): string[] {
  const file = join(tables, "note.txt");
  if (note !== undefined) writeFileSync(file, note);
  return existsSync(file) ? [readFileSync(file, "utf8")] : [];
}
