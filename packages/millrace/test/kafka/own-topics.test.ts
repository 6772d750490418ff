import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWithKafka } from "../../../../dev/services/describe.mjs";
import { kafkaTool } from "../../../../dev/services/services.mjs";
import { buildPackages, checkExit, jsonLines, Workspace } from "../cli/workspace.ts";

/** Counts readings by machine, without an end. */
const countsFile = `import { count, pipeline, t } from "millrace";
import { json, topic } from "millrace/log";

const Reading = t.row({ machine: t.utf8(), celsius: t.float64() });
const Count = t.row({ machine: t.utf8(), celsius: t.float64() });

export default pipeline("machines", (p) => {
  p.source("readings", topic("machine-readings", json(Reading)))
    .keyBy("machine")
    .where((reading) => reading.celsius.gt(0))
    .sink("out", topic("machine-counts", json(Count)));
});
`;

describeWithKafka("the topics of a log on Kafka", (kafka) => {
  let workspace: Workspace;
  beforeAll(async () => {
    await buildPackages();
    workspace = await Workspace.make();
    await workspace.write("machines.ts", countsFile);
  }, 120_000);
  afterAll(() => workspace.remove());

  const onLog = (): string[] => ["--log", `kafka://${kafka.brokers.join()}?sessionTimeoutMs=2000`];

  async function ownTopics(): Promise<Record<string, unknown>[]> {
    const listed = await workspace.pipe(["topics", ...onLog(), "--json"]);
    checkExit(listed, 0);
    return jsonLines(listed.stdout).filter(({ pipeline }) => pipeline === "machines");
  }

  async function groups(): Promise<string> {
    const words = ["--bootstrap-server", kafka.brokers.join(), "--list"];
    return kafkaTool("org.apache.kafka.tools.consumer.group.ConsumerGroupCommand", words);
  }

  test("are told, with settings that lose records, and removed when nobody runs them", async () => {
    const lines = Array.from({ length: 100 }, (_, id) => {
      return JSON.stringify({ machine: `m${id % 7}`, celsius: id + 1 });
    });
    const write = ["topics", "write", "machine-readings", ...onLog(), "--partitions", "2"];
    const writing = workspace.start(write);
    writing.child.stdin?.end(lines.join("\n"));
    checkExit(await writing.ended, 0);
    const words = ["run", "machines.ts", ...onLog(), "--partitions", "2", "--json"];
    const run = workspace.start(words);
    await run.wrote('"rowsRead":100');
    expect((await ownTopics()).map(({ state }) => state)).toContain("running");
    const refused = await workspace.pipe(["topics", "clean", "machines", ...onLog(), "--yes"]);
    checkExit(refused, 3);
    expect(refused.stderr).toMatch(/^RUN_ALREADY_RUNNING/);
    run.child.kill("SIGTERM");
    checkExit(await run.ended, 0);
    const topics = await ownTopics();
    expect(topics.map(({ state }) => state)).not.toContain("running");
    expect(topics.flatMap(({ warnings }) => warnings)).toEqual([]);
    const changelog = String(topics.find(({ kind }) => kind === "changelog")?.["name"]);
    const settings = "retention.ms=60000,max.message.bytes=1000000,cleanup.policy=compact";
    const place = ["--bootstrap-server", kafka.brokers.join(), "--entity-type", "topics"];
    const change = ["--entity-name", changelog, "--alter", "--add-config", settings];
    await kafkaTool("kafka.admin.ConfigCommand", [...place, ...change]);
    const { stdout } = await workspace.pipe(["topics", "list", ...onLog()]);
    expect(stdout).toContain("machines (stopped; pipe run continues it)\n");
    expect(stdout).toContain(
      "    ! retention.ms is 60000, not -1: records may be removed before they are read\n",
    );
    expect(stdout).toContain("    ! max.message.bytes is 1000000, not 67108864: ");
    expect(stdout).toContain("    ! cleanup.policy is compact, not delete: ");
    expect(await groups()).toContain("machines\n");
    const cleaned = await workspace.pipe(["topics", "clean", "machines", ...onLog(), "--yes"]);
    checkExit(cleaned, 0);
    expect(cleaned.stdout).toBe(`machines: ${topics.length} topics removed\n`);
    expect(await ownTopics()).toEqual([]);
    expect(await groups()).not.toContain("machines\n");
  }, 240_000);
});
