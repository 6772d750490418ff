// Needs a broker behind TLS: MILLRACE_KAFKA_TLS is its address, MILLRACE_KAFKA_TLS_CA the file of
// the certificate that signs its own.
import { readFileSync } from "node:fs";
import { systemClock } from "@millrace/core";
import { describe, expect, it } from "vitest";
import { KafkaCluster } from "../../src/cluster/cluster.ts";

const broker = process.env["MILLRACE_KAFKA_TLS"];
const authority = process.env["MILLRACE_KAFKA_TLS_CA"];
const brokers = [broker ?? ""];

describe.skipIf(broker === undefined || authority === undefined)("a broker behind TLS", () => {
  it("is reached by its authority", async () => {
    const ssl = { ca: readFileSync(authority as string, "utf8") };
    const cluster = await KafkaCluster.connect({ brokers, ssl }, systemClock);
    expect(cluster.brokers()).toHaveLength(1);
    await cluster.topics();
    await cluster.close();
  });

  it("is not trusted without its authority", async () => {
    const connecting = KafkaCluster.connect({ brokers, ssl: true }, systemClock);
    await expect(connecting).rejects.toMatchObject({ code: "KAFKA_UNREACHABLE" });
  });

  it("is not reached without TLS", async () => {
    const connecting = KafkaCluster.connect({ brokers, connectTimeoutMs: 3000 }, systemClock);
    await expect(connecting).rejects.toMatchObject({
      code: expect.stringMatching(/^KAFKA_(UNREACHABLE|CONNECTION_LOST)$/),
    });
  });
});
