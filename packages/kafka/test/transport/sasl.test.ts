// Needs a broker that asks who we are: MILLRACE_KAFKA_SASL is its address, and it has a user `me`
// with the password `hunter2` for PLAIN and SCRAM-SHA-512, and sessions of some seconds
// (connections.max.reauth.ms).
import { systemClock } from "@millrace/core";
import { describe, expect, it } from "vitest";
import { KafkaCluster } from "../../src/cluster/cluster.ts";
import type { KafkaSasl } from "../../src/transport/options.ts";

const broker = process.env["MILLRACE_KAFKA_SASL"];
const brokers = [broker ?? ""];
const me = { username: "me", password: "hunter2" };

describe.skipIf(broker === undefined)("a broker that asks who we are", () => {
  it.each(["plain", "scram-sha-512"] as const)("lets us in by %s", async (mechanism) => {
    const cluster = await KafkaCluster.connect(
      { brokers, sasl: { mechanism, ...me } },
      systemClock,
    );
    expect(cluster.brokers()).toHaveLength(1);
    await cluster.close();
  });

  it("is connected anew before a session ends", async () => {
    const sasl = { mechanism: "plain", ...me } as const;
    const cluster = await KafkaCluster.connect({ brokers, sasl }, systemClock);
    for (let i = 0; i < 30; i++) {
      await expect(cluster.refresh()).resolves.toBeUndefined();
      await systemClock.sleep(200);
    }
    await cluster.close();
  });

  it.each<KafkaSasl>([
    { mechanism: "plain", ...me, password: "wrong-secret" },
    { mechanism: "scram-sha-512", ...me, password: "wrong-secret" },
    { mechanism: "oauthbearer", token: "wrong-secret" },
  ])("does not let in $mechanism with a wrong secret, which no error repeats", async (sasl) => {
    const connecting = KafkaCluster.connect({ brokers, sasl }, systemClock);
    await expect(connecting).rejects.toMatchObject({ code: "KAFKA_AUTHENTICATION_FAILED" });
    await expect(connecting).rejects.not.toThrow(/wrong-secret/);
  });
});
