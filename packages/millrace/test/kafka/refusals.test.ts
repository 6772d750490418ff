import { type Log, systemClock } from "@millrace/core";
import { type Pipeline, pipeline, run, t } from "millrace";
import { json, openTopic, topic } from "millrace/log";
import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  type ITopicConfig,
  Kafka,
  logLevel,
  ResourcePatternTypes,
} from "kafkajs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWithOwnCluster } from "../../../../dev/services/describe.mjs";
import { type ClusterOptions, kafkaTool } from "../../../../dev/services/services.mjs";
import { kafkaOfEnvironment } from "../../src/run/kafka-of-environment.ts";
import { kafkaOptions, openLog } from "../../src/run/open-log.ts";

const Reading = t.row({ n: t.int32(), text: t.utf8() });
const readings = Array.from({ length: 800 }, (_, n) => ({ n, text: `${n} `.repeat(100) }));

const plainModule = "org.apache.kafka.common.security.plain.PlainLoginModule";

/** One broker that lets alice in and asks for what she may; who comes in plain text may all. */
function guarded(): Promise<ClusterOptions> {
  const plain = "PLAINTEXT://127.0.0.1:{port+0}";
  const users = "SASLPLAIN://127.0.0.1:{port+5}";
  return Promise.resolve({
    nodes: 1,
    settings: {
      listeners: `${plain},CONTROLLER://127.0.0.1:{port+3},${users}`,
      "advertised.listeners": `${plain},${users}`,
      "listener.security.protocol.map":
        "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASLPLAIN:SASL_PLAINTEXT",
      "listener.name.saslplain.sasl.enabled.mechanisms": "PLAIN",
      "listener.name.saslplain.plain.sasl.jaas.config": `${plainModule} required user_alice="word";`,
      "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
      "super.users": "User:ANONYMOUS",
      // A quota is looked at over the last second.
      "quota.window.num": "2",
    },
  });
}

function copy(name: string, from: string, to: string): Pipeline {
  return pipeline(name, (p) => {
    const source = topic(from, json(Reading), { until: "end" });
    p.source("readings", source).sink("out", topic(to, json(Reading)));
  });
}

async function rowsOf(log: Log, name: string): Promise<unknown[]> {
  const rows: unknown[] = [];
  for await (const row of (await openTopic(log, name, json(Reading))).rows()) rows.push(row);
  return rows;
}

/** Topics with limits, and what the guide to Kafka says that a pipeline needs. */
async function prepare(brokers: readonly string[]): Promise<void> {
  const admin = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  const limited = (topic: string, bytes: number): ITopicConfig => {
    return { topic, configEntries: [{ name: "max.message.bytes", value: `${bytes}` }] };
  };
  await admin.createTopics({ topics: [limited("tiny", 300), limited("small", 3_000)] });
  const { TOPIC, GROUP, TRANSACTIONAL_ID } = AclResourceTypes;
  const { ALL, CREATE, DELETE, DESCRIBE, DESCRIBE_CONFIGS, READ, WRITE } = AclOperationTypes;
  const own = [CREATE, DESCRIBE, DESCRIBE_CONFIGS, READ, WRITE, DELETE];
  const rules: readonly [AclResourceTypes, string, readonly AclOperationTypes[]][] = [
    [TOPIC, "allowed.", own],
    [TOPIC, "out", own],
    [TOPIC, "readings", [DESCRIBE, READ]],
    // What may be seen and not touched.
    [TOPIC, "secret", [DESCRIBE]],
    [TOPIC, "lonely.", own],
    [GROUP, "allowed", [ALL]],
    [TRANSACTIONAL_ID, "allowed.", [ALL]],
  ];
  const acl = rules.flatMap(([resourceType, resourceName, operations]) =>
    operations.map((operation) => ({
      resourceType,
      resourceName,
      resourcePatternType: ResourcePatternTypes.PREFIXED,
      principal: "User:alice",
      host: "*",
      operation,
      permissionType: AclPermissionTypes.ALLOW,
    })),
  );
  await admin.createAcls({ acl });
  await admin.disconnect();
}

describeWithOwnCluster("a Kafka that refuses", guarded, (kafka) => {
  let admin: Log;
  let alice: Log;

  beforeAll(async () => {
    await prepare(kafka.brokers);
    const [host, port] = (kafka.brokers[0] ?? "").split(":");
    const open = (url: string, variables: Readonly<Record<string, string>>): Promise<Log> =>
      openLog(kafkaOptions(url, kafkaOfEnvironment(variables)));
    admin = await open(`kafka://${host}:${port}`, {});
    alice = await open(`kafka://${host}:${Number(port) + 5}`, {
      MILLRACE_KAFKA_USERNAME: "alice",
      MILLRACE_KAFKA_PASSWORD: "word",
      MILLRACE_KAFKA_MECHANISM: "plain",
    });
    for (const name of ["readings", "secret"]) {
      const readable = await openTopic(admin, name, json(Reading));
      // Kafka gives no batch to whom it is too large for the quota of a window.
      for (let from = 0; from < readings.length; from += 100) {
        await readable.append(readings.slice(from, from + 100));
      }
    }
  }, 60_000);

  afterAll(async () => {
    await alice?.close();
    await admin?.close();
  });

  test.each([
    ["read", copy("allowed", "secret", "out"), "the topic is not allowed to us (secret[0])."],
    ["written", copy("allowed", "readings", "secret"), "topic is not allowed to us (secret[0])."],
    [
      "made by a pipeline of another name",
      copy("stranger", "readings", "out"),
      "CreateTopics: Authorization failed (stranger.control).",
    ],
  ])("what may not be %s: KAFKA_NOT_AUTHORIZED", async (_, copying, text) => {
    await expect(run(copying, { log: alice, fresh: true })).rejects.toMatchObject({
      code: "KAFKA_NOT_AUTHORIZED",
      message: expect.stringContaining(text),
    });
  });

  test("what the guide says is enough for a pipeline", async () => {
    await run(copy("allowed", "readings", "out"), { log: alice, fresh: true });
    expect(await rowsOf(admin, "out")).toEqual(readings);
  });

  test("a record beyond the topic's limit: KAFKA_RECORD_TOO_LARGE, and nothing is written", async () => {
    await expect(run(copy("large", "readings", "tiny"), { log: admin })).rejects.toMatchObject({
      code: "KAFKA_RECORD_TOO_LARGE",
      message: expect.stringContaining("max.message.bytes of the topic (tiny[0])."),
    });
    expect(await rowsOf(admin, "tiny")).toEqual([]);
  });

  test("batches keep to the limit of a topic that was there", async () => {
    await run(copy("small", "readings", "small"), { log: admin });
    expect(await rowsOf(admin, "small")).toEqual(readings);
  });

  test("over its quotas a run goes on slowly, and loses nothing", async () => {
    const place = ["--bootstrap-server", kafka.brokers.join()];
    const quotas = "producer_byte_rate=100000,consumer_byte_rate=100000";
    const user = ["--entity-type", "users", "--entity-name", "alice"];
    const change = ["--alter", "--add-config", quotas];
    await kafkaTool("kafka.admin.ConfigCommand", [...place, ...user, ...change]);
    const began = systemClock.monotonicMs();
    const summary = await run(copy("allowed", "readings", "out-slowly"), {
      log: alice,
      fresh: true,
    });
    expect(summary).toMatchObject({ outcome: "finished", rowsRead: readings.length });
    // Kafka did hold it back: 400,000 bytes do not pass in a second.
    expect(systemClock.monotonicMs() - began).toBeGreaterThan(1_000);
    expect(await rowsOf(admin, "out-slowly")).toEqual(readings);
  }, 60_000);
});
