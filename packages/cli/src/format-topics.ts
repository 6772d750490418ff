import type { PipelineState, TopicReport, TopicsReport } from "@millrace/runtime";
import { formatCount } from "./progress-bar.ts";

const states: Readonly<Record<PipelineState, string>> = {
  running: "running",
  stopped: "stopped; pipe run continues it",
  finished: "finished",
  gone: "gone: without a control record nothing can continue it; pipe topics clean removes it",
};

/** The topics of a log for people: a line each, under the pipeline whose own they are. */
export function formatTopics({ records, pipelines }: TopicsReport): string {
  const all = [...records, ...pipelines.flatMap(({ topics }) => topics)];
  const width = Math.max(0, ...all.map(({ name }) => name.length));
  const sizeWidth = Math.max(0, ...all.map((topic) => sizeText(topic).length));
  const lines = records.flatMap((topic) => topicLines(topic, width, sizeWidth));
  for (const { pipeline, state, topics } of pipelines) {
    if (lines.length > 0) lines.push("");
    lines.push(`${pipeline} (${states[state]})`);
    for (const topic of topics) lines.push(...topicLines(topic, width, sizeWidth));
  }
  return lines.map((line) => `${line}\n`).join("");
}

function topicLines(topic: TopicReport, width: number, sizeWidth: number): string[] {
  const { name, kind, purpose, warnings } = topic;
  const size = sizeText(topic);
  const head = `  ${name.padEnd(width)}  ${size.padEnd(sizeWidth)}`;
  return [
    kind === "records" ? head.trimEnd() : `${head}  ${purpose}`,
    ...warnings.map(({ setting, actual, wanted, consequence }) => {
      return `    ! ${setting} is ${actual}, not ${wanted}: ${consequence}`;
    }),
  ];
}

function sizeText({ records, partitions }: TopicReport): string {
  return `${countText(records, "record")} in ${countText(partitions, "partition")}`;
}

/** `1 record`, `2,000 records` */
export function countText(count: number, word: string): string {
  return `${formatCount(count)} ${word}${count === 1 ? "" : "s"}`;
}
