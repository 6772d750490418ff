import type { PipelineState, TopicsReport } from "@millrace/runtime";
import { expect, test } from "vitest";
import type { CliEnvironment } from "../../src/environment.ts";
import { formatTopics } from "../../src/format-topics.ts";
import { main } from "../../src/main.ts";

function report(state: PipelineState): TopicsReport {
  const sizes = { partitions: 1, records: 2_000, warnings: [] };
  const warning = {
    setting: "retention.ms",
    actual: "604800000",
    wanted: "-1",
    consequence: "records may be removed before they are read",
  };
  const shared = { ...sizes, name: "orders", kind: "records", purpose: "records" } as const;
  const own = { ...sizes, kind: "changelog", purpose: "state of a" } as const;
  const topics = [{ ...own, name: "shop.a.changelog", records: 1, warnings: [warning] }];
  return { records: [shared], pipelines: [{ pipeline: "shop", state, topics }] };
}

test("topics are listed under the pipeline whose own they are, with what is wrong", () => {
  expect(formatTopics(report("gone"))).toBe(`\
  orders            2,000 records in 1 partition

shop (gone: without a control record nothing can continue it; pipe topics clean removes it)
  shop.a.changelog  1 record in 1 partition       state of a
    ! retention.ms is 604800000, not -1: records may be removed before they are read
`);
});

test("a log without topics has no lines", () => {
  expect(formatTopics({ records: [], pipelines: [] })).toBe("");
});

/** Runs a command where somebody at the terminal gives an answer. */
async function cleanAnswering(answer: string, state: PipelineState): Promise<readonly string[]> {
  const said: string[] = [];
  const environment: Partial<CliEnvironment> = {
    version: "0",
    isTerminal: true,
    stdout: (text) => said.push(text),
    stderr: (text) => said.push(text),
    topics: () => Promise.resolve(report(state)),
    ask: (question) => {
      said.push(question);
      return Promise.resolve(answer);
    },
    removePipeline: () => Promise.resolve(["shop.a.changelog"]),
  };
  const words = ["topics", "clean", "shop", "--log", "log"];
  expect(await main(words, environment as CliEnvironment)).toBe(0);
  return said;
}

test.each(["y\n", "YES", " y "])("topics are removed after a yes: %j", async (answer) => {
  const [shown, question, done] = await cleanAnswering(answer, "stopped");
  expect(shown).toContain("shop (stopped; pipe run continues it)\n  shop.a.changelog");
  expect(question).toBe("Remove them? The next run of it starts afresh. [y/N] ");
  expect(done).toBe("shop: 1 topic removed\n");
});

test.each(["", "n", "yesterday"])("nothing is removed after another answer: %j", async (answer) => {
  expect(await cleanAnswering(answer, "stopped")).toHaveLength(2);
});
