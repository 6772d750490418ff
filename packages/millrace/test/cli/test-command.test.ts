import { afterAll, beforeAll, expect, test } from "vitest";
import { buildPackages, checkExit, jsonLines, Workspace } from "./workspace.ts";

let workspace: Workspace;

beforeAll(async () => {
  await buildPackages();
  workspace = await Workspace.make();
  await workspace.write("topic.ts", pipelineFile('topic("orders", json(Order))'));
  await workspace.write("file.ts", pipelineFile('csv("orders.csv", Order)'));
  await workspace.write("orders.csv", "placedAt,shop\n2026-01-05T08:02:00Z,Bern\n");
}, 120_000);

afterAll(() => workspace.remove());

/** Orders per shop and hour; how many lives of it have been loaded is beside it. */
function pipelineFile(source: string): string {
  return `import { count, hours, minutes, pipeline, t, tumbling } from "millrace";
import { duckdb } from "millrace/duckdb";
import { csv } from "millrace/files";
import { json, topic } from "millrace/log";
const Order = t.row({ placedAt: t.timestamp(), shop: t.utf8() });
export default pipeline("orders", (p) => {
  p.source("orders", ${source}, { eventTime: (o) => o.placedAt, outOfOrderness: minutes(1) })
    .keyBy("shop")
    .window(tumbling(hours(1)))
    .aggregate("hourly", () => ({ orders: count() }))
    .sink("hours", duckdb({ table: "hours", file: "orders.duckdb" }));
});
`;
}

test("made rows stand in for a topic, in several partitions, and nothing is written", async () => {
  const words = ["test", "topic.ts", "--fuzz", "200", "--partitions", "2", "--seed", "3", "--json"];
  const tested = await workspace.pipe(words);
  checkExit(tested, 0);
  expect(jsonLines(tested.stdout)).toMatchObject([
    {
      pipeline: "orders",
      sources: [{ id: "orders", rows: 200 }],
      findings: [],
      batchProblems: [],
      failedSeeds: [],
      seeds: 1,
    },
  ]);
  expect(await workspace.names()).toEqual(["file.ts", "orders.csv", "topic.ts"]);
}, 30_000);

test.each([
  ["topic.ts", [], /"orders" is a topic: say with --log where it is/],
  ["file.ts", ["--simulate", "--faults", "rain"], /"rain" is not a fault; there are crash, /],
  ["file.ts", ["--update"], /--update needs --golden/],
])(
  "%s with %j is refused with a sentence",
  async (file, flags, sentence) => {
    const refused = await workspace.pipe(["test", file, ...flags]);
    checkExit(refused, 2);
    expect(refused.stderr).toMatch(sentence);
  },
  30_000,
);
