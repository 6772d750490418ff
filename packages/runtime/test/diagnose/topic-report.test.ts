import { isMillraceError, type Log, type TopicKind, topicKind } from "@millrace/core";
import { openMemoryLog } from "@millrace/log";
import { type PipelineState, removePipeline, reportTopics } from "@millrace/runtime";
import { expect, test } from "vitest";

async function logWith(names: readonly string[], control?: string): Promise<Log> {
  const log = openMemoryLog();
  const kinds = new Map<string, TopicKind>(names.map((name) => [name, topicKind(name)]));
  for (const [name, kind] of kinds) await log.createTopic({ name, partitions: 2, kind });
  if (control === undefined) return log;
  const writer = await log.openAppender();
  writer.append("a.control", 0, new TextEncoder().encode(JSON.stringify({ status: control })));
  await writer.commit();
  return log;
}

const own = [
  "a.control",
  "a.news.control",
  "a.dead-letters",
  "a.stage-x.changelog",
  "a.by-user.id.repartition",
  "a.out.sink",
];

test("topics are told by pipeline, kind and purpose", async () => {
  const log = await logWith([...own, "orders", "b.dead-letters", "shop.orders"], "running");
  const report = await reportTopics(log, async (pipeline) => pipeline === "b");
  expect(report.records.map(({ name }) => name)).toEqual(["orders", "shop.orders"]);
  expect(report.pipelines.map(({ pipeline, state }) => [pipeline, state])).toEqual([
    ["a", "stopped"],
    ["b", "running"],
  ]);
  const [a] = report.pipelines;
  const purposes = Object.fromEntries(a?.topics.map(({ name, purpose }) => [name, purpose]) ?? []);
  expect(purposes).toEqual({
    "a.control": "how the pipeline stands, and what it was started with",
    "a.news.control": "what runs of the pipeline tell each other",
    "a.dead-letters": "records that could not go on, for pipe dead-letters",
    "a.stage-x.changelog": "state and progress of the stage stage-x",
    "a.by-user.id.repartition": "rows on their way to the task that owns their key (by-user.id)",
    "a.out.sink": "rows that are still to be written to the sink out",
  });
  expect(a?.topics[0]).toMatchObject({ partitions: 2, kind: "repartition" });
  expect(a?.topics.find(({ name }) => name === "a.control")?.records).toBe(1);
  await log.close();
});

test.each<[string | undefined, PipelineState]>([
  ["starting", "stopped"],
  ["running", "stopped"],
  ["finished", "finished"],
  [undefined, "gone"],
])("a pipeline that does not run, with the control record %s, is %s", async (control, state) => {
  const log = await logWith(own, control);
  const report = await reportTopics(log, () => Promise.resolve(false));
  expect(report.pipelines[0]?.state).toBe(state);
  await log.close();
});

test("a pipeline's own topics are removed, and no others", async () => {
  const log = await logWith([...own, "a", "a.b", "aa.control"], "running");
  expect(await removePipeline(log, "a", "here")).toEqual(own.toSorted());
  expect((await log.topics()).map(({ name }) => name).toSorted()).toEqual([
    "a",
    "a.b",
    "aa.control",
  ]);
  await expect(removePipeline(log, "a", "here")).rejects.toSatisfy(
    (error) => isMillraceError(error) && error.code === "PIPELINE_NOT_SAVED",
  );
  await log.close();
});
