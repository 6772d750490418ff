import type { KafkaCluster } from "../cluster/cluster.ts";
import { endTxn } from "../requests/end-txn.ts";
import { produce } from "../requests/produce.ts";
import { txnOffsetCommit } from "../requests/txn-offset-commit.ts";
import type { KafkaAddress } from "../transport/options.ts";

/**
 * The two ways of transactions:
 *
 * - classic: partitions and groups are added to the transaction before they are written to; the
 *   producer's epoch stays, and so sequence numbers go on;
 * - KIP-890 (`transaction.version` 2): Produce and TxnOffsetCommit add by themselves, and each
 *   EndTxn answers with the epoch of the next transaction, whose sequence numbers begin at 0. A
 *   request of an earlier transaction that arrives late is refused.
 */
export type TransactionProtocol = "classic" | "kip-890";

/** The newest versions that belong to a protocol. */
export const protocolVersions: Readonly<
  Record<TransactionProtocol, { produce: number; txnOffsetCommit: number; endTxn: number }>
> = {
  classic: { produce: 11, txnOffsetCommit: 3, endTxn: 3 },
  "kip-890": { produce: 12, txnOffsetCommit: 5, endTxn: 5 },
};

/** KIP-890 where the cluster has it switched on and the broker knows its requests. */
export async function chooseProtocol(
  cluster: KafkaCluster,
  broker: KafkaAddress,
): Promise<TransactionProtocol> {
  const level = await cluster.featureLevel(broker, "transaction.version");
  if (level < 2) return "classic";
  const wanted = protocolVersions["kip-890"];
  const knows =
    (await cluster.offeredVersion(broker, produce)) >= wanted.produce &&
    (await cluster.offeredVersion(broker, txnOffsetCommit)) >= wanted.txnOffsetCommit &&
    (await cluster.offeredVersion(broker, endTxn)) >= wanted.endTxn;
  return knows ? "kip-890" : "classic";
}
