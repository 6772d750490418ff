// A real broker, with a network that loses what the test says: requests before they arrive, or
// answers after the broker has acted.
import { millraceError, systemClock } from "@millrace/core";
import { describe, expect, it } from "vitest";
import { KafkaCluster } from "../../src/cluster/cluster.ts";
import {
  TransactionalProducer,
  type ProducerOptions,
} from "../../src/transactions/transactional-producer.ts";
import { formatAddress } from "../../src/transport/options.ts";
import { SocketTransport } from "../../src/transport/socket-transport.ts";
import type { KafkaTransport } from "../../src/transport/transport.ts";
import { describeWithBroker, newTopic, options, uniqueName, withCluster } from "../broker.ts";
import { batchOf } from "./batch.ts";
import { committed } from "./committed.ts";

type Loss = "request" | "answer" | undefined;

/** Loses, of the requests with a name, what `lose` says of the first, the second, and so on. */
function losing(apiName: string, lose: (count: number) => Loss | Promise<Loss>): KafkaTransport {
  const sockets = new SocketTransport(options, systemClock);
  let count = 0;
  return {
    async send(broker, request, how) {
      const loss = request.apiName === apiName ? await lose(count++) : undefined;
      const answer = loss === "request" ? undefined : await sockets.send(broker, request, how);
      if (loss === undefined && answer !== undefined) return answer;
      const params = { broker: formatAddress(broker), request: apiName, problem: "it is lost" };
      throw millraceError("KAFKA_CONNECTION_LOST", params);
    },
    close: () => sockets.close(),
  };
}

async function withLoss(
  apiName: string,
  lose: (count: number) => Loss | Promise<Loss>,
  body: (cluster: KafkaCluster) => Promise<void>,
): Promise<void> {
  const cluster = await KafkaCluster.connect(options, systemClock, losing(apiName, lose));
  try {
    await body(cluster);
  } finally {
    await cluster.close();
  }
}

const firstTwo =
  (loss: Loss) =>
  (count: number): Loss =>
    count < 2 ? loss : undefined;

describeWithBroker("with lost answers", () => {
  describe.each(["kip-890", "classic"] as const)("by %s", (protocol) => {
    const how: ProducerOptions = { transactionTimeoutMs: 8000, protocol };
    const open = (cluster: KafkaCluster, id: string) =>
      TransactionalProducer.open(cluster, id, how);

    it.each([
      ["Produce", "answer"],
      ["Produce", "request"],
      ["EndTxn", "answer"],
      ["EndTxn", "request"],
      ["AddPartitionsToTxn", "answer"],
    ] as const)("%s is repeated when its %s is lost, and counts once", (apiName, loss) =>
      withLoss(apiName, firstTwo(loss), async (cluster) => {
        const topic = await newTopic(cluster);
        const producer = await open(cluster, uniqueName("id"));
        // After two records comes the marker of their transaction.
        for (const [value, end] of [
          ["one", 2n],
          ["two", 5n],
        ] as const) {
          const batches = [batchOf(topic, 0, [value]), batchOf(topic, 0, [`${value} more`])];
          const ends = [{ topic, partition: 0, end }];
          expect(await producer.commit({ batches })).toEqual({ kind: "committed", ends });
        }
        expect(await committed(cluster, topic, 0)).toEqual(["one", "one more", "two", "two more"]);
      }),
    );

    it("a commit that nobody answers is indefinite, whatever became of it", async () => {
      const topic = await withCluster((cluster) => newTopic(cluster));
      for (const loss of ["answer", "request"] as const) {
        await withLoss(
          "EndTxn",
          () => loss,
          async (cluster) => {
            const id = uniqueName("id");
            const short = { ...how, transactionTimeoutMs: 1000 };
            const producer = await TransactionalProducer.open(cluster, id, short);
            const outcome = await producer.commit({ batches: [batchOf(topic, 0, [loss])] });
            expect(outcome).toMatchObject({ kind: "indefinite" });
            expect(await producer.commit()).toBe(outcome);
            // Opening anew decides it: the transaction is over then.
            await open(cluster, id);
          },
        );
      }
      expect(await withCluster((cluster) => committed(cluster, topic, 0))).toEqual(["answer"]);
    });

    it("a commit that may have arrived is indefinite when a newer producer has come since", () =>
      withCluster(async (other) => {
        const id = uniqueName("id");
        const lose = async (count: number): Promise<Loss> => {
          if (count > 0) return undefined;
          await open(other, id);
          return "request";
        };
        await withLoss("EndTxn", lose, async (cluster) => {
          const topic = await newTopic(cluster);
          const producer = await open(cluster, id);
          const outcome = await producer.commit({ batches: [batchOf(topic, 0, ["old"])] });
          expect(outcome).toMatchObject({ kind: "indefinite" });
          expect(await committed(cluster, topic, 0)).toEqual([]);
        });
      }));

    it("what could not be sent at all is aborted, not indefinite", () =>
      withLoss(
        "Produce",
        () => "request",
        async (cluster) => {
          const topic = await newTopic(cluster);
          const short = { ...how, transactionTimeoutMs: 1000 };
          const producer = await TransactionalProducer.open(cluster, uniqueName("id"), short);
          const outcome = await producer.commit({ batches: [batchOf(topic, 0, ["never"])] });
          expect(outcome).toMatchObject({ kind: "aborted" });
          expect(await committed(cluster, topic, 0)).toEqual([]);
        },
      ));
  });
});
