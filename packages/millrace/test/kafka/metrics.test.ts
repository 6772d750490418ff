import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { describeWithKafka } from "../../../../dev/services/describe.mjs";
import { buildPackages, checkExit, type Running, Workspace } from "../cli/workspace.ts";
import { probe, scrape, sumOf } from "../observe/metrics-text.ts";

const recordCount = 3_000;

const pipelineFile = `import { pipeline, t } from "millrace";
import { json, topic } from "millrace/log";

const Reading = t.row({ machine: t.utf8(), celsius: t.float64() });

export default pipeline("shared", (p) => {
  p.source("readings", topic("metrics-readings", json(Reading)))
    .keyBy("machine")
    .sink("out", topic("metrics-copied", json(Reading)));
});
`;

describeWithKafka("metrics of runs that share a pipeline", (kafka) => {
  let workspace: Workspace;
  beforeAll(async () => {
    await buildPackages();
    workspace = await Workspace.make();
    await workspace.write("shared.ts", pipelineFile);
  }, 120_000);
  afterAll(() => workspace.remove());

  const log = (): string => `kafka://${kafka.brokers.join()}?sessionTimeoutMs=2000`;

  async function startRun(): Promise<{ running: Running; url: string }> {
    const words = ["run", "shared.ts", "--log", log(), "--partitions", "4"];
    const running = workspace.start([...words, "--metrics-port", "0"]);
    onTestFinished(() => void running.child.kill("SIGKILL"));
    let stderr = "";
    running.child.stderr?.on("data", (chunk) => (stderr += String(chunk)));
    await running.wrote("/metrics\n");
    return { running, url: /metrics at (\S+)\/metrics/.exec(stderr)?.[1] ?? "" };
  }

  async function isReady(url: string): Promise<void> {
    await vi.waitFor(async () => expect((await probe(url, "/readyz")).status).toBe(200), {
      timeout: 20_000,
      interval: 50,
    });
  }

  test("shares, rebalances, lag and counts add up over the processes", async () => {
    const words = ["topics", "write", "metrics-readings", "--log", log(), "--partitions", "4"];
    const lines = Array.from({ length: recordCount }, (_, index) =>
      JSON.stringify({ machine: `m ${index % 50}`, celsius: index }),
    );
    const writing = workspace.start(words);
    writing.child.stdin?.end(lines.join("\n"));
    checkExit(await writing.ended, 0);
    const first = await startRun();
    await isReady(first.url);
    await vi.waitFor(
      async () => {
        const series = await scrape(first.url);
        expect(sumOf(series, "millrace_consumer_lag_records")).toBe(0);
        expect(sumOf(series, "millrace_output_rows_total", { output: "out" })).toBe(recordCount);
      },
      { timeout: 20_000, interval: 100 },
    );
    expect(sumOf(await scrape(first.url), "millrace_run_partitions")).toBe(4);
    const second = await startRun();
    await isReady(second.url);
    await isReady(first.url);
    const both = await Promise.all([scrape(first.url), scrape(second.url)]);
    expect(both.map((series) => sumOf(series, "millrace_run_partitions"))).toEqual([2, 2]);
    const rebalances = both.map((series) => sumOf(series, "millrace_rebalances_total"));
    expect(rebalances[0]).toBeGreaterThan(1);
    expect(rebalances[1]).toBeGreaterThan(0);
    const generations = both.map((series) => sumOf(series, "millrace_run_group_generation"));
    expect(generations[0]).toBe(generations[1]);
    // What the first process did is not counted again by the one that took over.
    const rows = both.map((series) => sumOf(series, "millrace_input_rows_total"));
    expect(rows[0]).toBeGreaterThanOrEqual(recordCount);
    expect(rows[1]).toBe(0);
    for (const { running } of [first, second]) running.child.kill("SIGTERM");
    for (const { running } of [first, second]) checkExit(await running.ended, 0);
  }, 90_000);
});
