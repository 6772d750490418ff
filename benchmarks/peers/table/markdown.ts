import { type JobName, jobNames } from "../peer.ts";
import { verdictOf } from "./figures.ts";
import { intervalText, numberText, type PeerRow } from "./rows.ts";

/** What each job does, for headings. */
export const jobTitles: Readonly<Record<JobName, string>> = {
  j1: "J1: filter and projection",
  j2: "J2: count and sum per auction and 10 s",
  j3: "J3: bids within 10 s after their auction opened",
  j4: "J4: running count per bidder",
};

/** Heads of the columns of a job's table. */
export const columnNames = [
  "peer",
  "promise",
  "CPU s per M bids",
  "× Millrace",
  "verdict",
  "broker",
  "start",
  "peak MiB",
  "wall s per M",
  "others",
  "blocks",
] as const;

/** The cells of a row under `columnNames`. */
export function cellsOf({ peer, title, promise, figure }: PeerRow): string[] {
  const name = `${peer} (${title})`;
  if ("reason" in figure) {
    return [name, promise, figure.reason, ...columnNames.slice(3).map(() => "")];
  }
  return [
    name,
    promise,
    intervalText(figure.cpu),
    intervalText(figure.ratio),
    verdictOf(figure.ratio),
    numberText(figure.brokerCpu),
    numberText(figure.startCpu),
    figure.peakMb.toFixed(0),
    numberText(figure.wall),
    `${(figure.otherShare * 100).toFixed(0)} %`,
    String(figure.blocks),
  ];
}

/** The comparison as Markdown: a table per job, headed by what was run where. */
export function markdownOf(rows: readonly PeerRow[], notes: readonly string[]): string {
  const tables = jobNames.map((job) => {
    const lines = rows.filter((row) => row.job === job).map((row) => lineOf(cellsOf(row)));
    const head = [lineOf(columnNames), lineOf(columnNames.map(() => "---"))];
    return `## ${jobTitles[job]}\n\n${[...head, ...lines].join("\n")}\n`;
  });
  const list = notes.map((note) => `- ${note}`).join("\n");
  return `# Peers, side by side\n\n${list}\n\n${tables.join("\n")}`;
}

function lineOf(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}
