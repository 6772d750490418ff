import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWithOwnCluster } from "../../../dev/services/describe.mjs";
import { writeDataset } from "../data/write-files.ts";
import { type Bench, benchOf, settingsBehind } from "../kafka/bench.ts";
import { KafkaProxy } from "../kafka/proxy/kafka-proxy.ts";
import type { RoundPlan } from "../kafka/rounds/plan-round.ts";
import { runRound } from "../kafka/rounds/run-round.ts";
import { Oracle } from "../oracle/oracle.ts";
import { queryOf } from "../queries/queries.ts";

const rate = 1000;
const program = fileURLToPath(new URL("../kafka/worker-program.ts", import.meta.url));

/** Two queries, of which one joins, and each kind of trouble that a worker may have. */
const rounds: readonly Omit<RoundPlan, "round">[] = [
  { kind: "kill-at-stage", seed: 1, query: queryOf("q20"), format: "json", processes: 2 },
  {
    kind: "zombie",
    stage: "before-end",
    seed: 2,
    query: queryOf("q20"),
    format: "avro",
    processes: 2,
  },
  {
    kind: "zombie",
    stage: "after-produce",
    seed: 3,
    query: queryOf("j2"),
    format: "json",
    processes: 2,
  },
  { kind: "indefinite", seed: 4, query: queryOf("j2"), format: "json", processes: 1 },
];

const proxy = await KafkaProxy.open();
const options = { nodes: 1, settings: settingsBehind(proxy) } as const;

describeWithOwnCluster("Nexmark on Kafka", options, (cluster) => {
  let directory: string;
  let bench: Bench;
  let oracle: Oracle;

  beforeAll(async () => {
    // Workers are processes, which run on the built packages.
    const build = fileURLToPath(new URL("../../../dev/build.mjs", import.meta.url));
    await promisify(execFile)(process.execPath, [build]);
    directory = mkdtempSync(join(tmpdir(), "millrace-nexmark-"));
    const data = { events: 20_000, rate, seed: 3, outOfOrder: 50, partitions: 4 };
    const input = writeDataset(directory, data);
    const sql = fileURLToPath(new URL("../oracle", import.meta.url));
    oracle = await Oracle.open({ directory: input, sql, hasLate: false });
    bench = await benchOf(cluster, proxy, input);
  }, 180_000);

  afterAll(async () => {
    await bench?.close();
    oracle?.close();
    await proxy.close();
    rmSync(directory, { recursive: true, force: true });
  });

  test.each(rounds.map((plan) => ({ plan, name: nameOf(plan) })))(
    "$name: each row once, and no batch too many in the log",
    async ({ plan }) => {
      const setting = { bench, oracle, rate, program, sessionTimeoutMs: 2000, killsMax: 2 };
      const result = await runRound({ round: 0, ...plan }, { ...setting, scratch: directory });
      expect(result).toMatchObject({ isFlawless: true, wrong: 0, missing: 0 });
      expect(result.log?.violations).toEqual([]);
      expect(result.log?.records.committed).toBeGreaterThan(0);
      if (plan.kind === "kill-at-stage") expect(result.kills).toBeGreaterThan(0);
      if (plan.kind === "zombie") expect(result.zombies).toBe(1);
    },
    180_000,
  );
});

function nameOf({ query, kind, stage }: Omit<RoundPlan, "round">): string {
  return [query.name, kind, ...(stage === undefined ? [] : [stage])].join(", ");
}
