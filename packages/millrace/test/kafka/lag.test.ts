import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWithKafka } from "../../../../dev/services/describe.mjs";
import { kafkaTool } from "../../../../dev/services/services.mjs";
import { buildPackages, checkExit, Workspace } from "../cli/workspace.ts";

const pipelineFile = `import { pipeline, t } from "millrace";
import { json, topic } from "millrace/log";

const Reading = t.row({ machine: t.utf8(), celsius: t.float64() });

export default pipeline("watched", (p) => {
  p.source("readings", topic("watched-readings", json(Reading)))
    .where((reading) => reading.celsius.gt(50))
    .sink("out", topic("watched-out", json(Reading)));
});
`;

interface Lag {
  readonly topic: string;
  readonly partition: number;
  readonly lag: string;
}

describeWithKafka("what Kafka's tools tell of a pipeline", (kafka) => {
  let workspace: Workspace;
  beforeAll(async () => {
    await buildPackages();
    workspace = await Workspace.make();
    await workspace.write("watched.ts", pipelineFile);
  }, 120_000);
  afterAll(() => workspace.remove());

  function describeGroup(more: readonly string[] = []): Promise<string> {
    const words = ["--bootstrap-server", kafka.brokers.join(), "--group", "watched", "--describe"];
    return kafkaTool("org.apache.kafka.tools.consumer.group.ConsumerGroupCommand", [
      ...words,
      ...more,
    ]);
  }

  /** Group, topic, partition, current offset, end offset, lag, … */
  async function lags(): Promise<Lag[]> {
    const lines = (await describeGroup()).split("\n").map((line) => line.trim().split(/\s+/));
    return lines
      .filter(([group]) => group === "watched")
      .map(([, topic = "", partition, , , lag = ""]) => {
        return { topic, partition: Number(partition), lag };
      });
  }

  test("the group of its name has read its source to the end, and has a member", async () => {
    const onLog = ["--log", `kafka://${kafka.brokers.join()}?sessionTimeoutMs=2000`];
    const write = async (count: number): Promise<void> => {
      const words = ["topics", "write", "watched-readings", ...onLog, "--partitions", "2"];
      const writing = workspace.start(words);
      const lines = Array.from({ length: count }, (_, id) => `{"machine":"m","celsius":${id}}`);
      writing.child.stdin?.end(lines.join("\n"));
      checkExit(await writing.ended, 0);
    };
    await write(100);
    const running = workspace.start(["run", "watched.ts", ...onLog, "--json"]);
    await running.wrote('"rowsRead":100');
    expect(await describeGroup(["--members"])).toMatch(/\bwatched\b.*\bmillrace\b/);
    running.child.kill("SIGTERM");
    checkExit(await running.ended, 0);
    const ofSource = (await lags()).filter(({ topic }) => topic === "watched-readings");
    expect(ofSource.toSorted((a, b) => a.partition - b.partition)).toEqual([
      { topic: "watched-readings", partition: 0, lag: "0" },
      { topic: "watched-readings", partition: 1, lag: "0" },
    ]);
    await write(10);
    const after = (await lags()).filter(({ lag }) => lag !== "0" && lag !== "-");
    expect(after.map(({ topic }) => topic)).toEqual(["watched-readings", "watched-readings"]);
  }, 240_000);
});
