import {
  type Block,
  figure,
  htmlReport,
  intervalsPlot,
  list,
  type Section,
  table,
} from "@millrace/report";
import { type JobName, jobNames } from "../peer.ts";
import { cellsOf, columnNames, jobTitles } from "./markdown.ts";
import type { PeerRow } from "./rows.ts";

const textColumns = new Set<string>(["peer", "promise", "verdict"]);
/** The comparison as a page: a plot and a table per job. */
export function pageOf(rows: readonly PeerRow[], notes: readonly string[]): string {
  const sections: Section[] = jobNames.map((job) => ({
    title: jobTitles[job],
    blocks: [...plotOf(rows, job), tableOf(rows, job)],
  }));
  return htmlReport({
    title: "Peers, side by side",
    subtitle: "CPU seconds of the process per million input bids, by Nexmark job",
    sections: [{ title: "How", blocks: [list(notes)] }, ...sections],
  });
}

function plotOf(rows: readonly PeerRow[], job: JobName): Block[] {
  const points = rows.flatMap(({ peer, job: of, figure: found }) =>
    of === job && "cpu" in found && found.cpu.median > 0 ? [{ name: peer, ...found.cpu }] : [],
  );
  if (points.length === 0) return [];
  const plot = intervalsPlot({
    label: `CPU of ${jobTitles[job]}`,
    unit: "CPU s per million bids",
    points,
  });
  return [
    figure(plot, "Median of the blocks with its bootstrap interval of 95 %; less is better."),
  ];
}

function tableOf(rows: readonly PeerRow[], job: JobName): Block {
  const columns = columnNames.map((name) => ({ name, isNumber: !textColumns.has(name) }));
  return table(columns, rows.filter((row) => row.job === job).map(cellsOf));
}
