/**
 * What an error of Kafka means for us:
 *
 * - `moved`: another broker is responsible now; ask for the metadata or the coordinator again;
 * - `wait`: the same request may succeed a moment later;
 * - `fenced`: a newer producer of the transactional id exists, or our transaction was timed out;
 * - `stale`: the group has gone on without us;
 * - `refused`: it will not succeed as it is.
 */
export type KafkaErrorMeaning = "moved" | "wait" | "fenced" | "stale" | "refused";

/** An error code of Kafka's protocol. */
export interface KafkaError {
  readonly code: number;
  readonly name: string;
  readonly meaning: KafkaErrorMeaning;
  /** What it says, as the end of a sentence. */
  readonly text: string;
}

type Row = readonly [number, string, KafkaErrorMeaning, string];

// Codes and names: org.apache.kafka.common.protocol.Errors. What is not listed is refused.
const rows: readonly Row[] = [
  [-1, "UNKNOWN_SERVER_ERROR", "refused", "the broker met an unexpected error"],
  [1, "OFFSET_OUT_OF_RANGE", "refused", "the offset is not within the partition"],
  [2, "CORRUPT_MESSAGE", "wait", "a batch was damaged on its way"],
  [3, "UNKNOWN_TOPIC_OR_PARTITION", "moved", "the broker does not know the topic or partition"],
  [5, "LEADER_NOT_AVAILABLE", "moved", "the partition has no leader now"],
  [6, "NOT_LEADER_OR_FOLLOWER", "moved", "the partition has another leader"],
  [7, "REQUEST_TIMED_OUT", "wait", "the followers did not answer in time"],
  [8, "BROKER_NOT_AVAILABLE", "moved", "the broker is not available"],
  [9, "REPLICA_NOT_AVAILABLE", "moved", "the replica is not available"],
  [10, "MESSAGE_TOO_LARGE", "refused", "a batch is larger than max.message.bytes of the topic"],
  [13, "NETWORK_EXCEPTION", "moved", "the broker lost a connection"],
  [14, "COORDINATOR_LOAD_IN_PROGRESS", "wait", "the coordinator still loads its state"],
  [15, "COORDINATOR_NOT_AVAILABLE", "moved", "there is no coordinator now"],
  [16, "NOT_COORDINATOR", "moved", "another broker is the coordinator"],
  [17, "INVALID_TOPIC_EXCEPTION", "refused", "the topic's name is not allowed"],
  [18, "RECORD_LIST_TOO_LARGE", "refused", "a batch is larger than a segment"],
  [19, "NOT_ENOUGH_REPLICAS", "wait", "fewer replicas are in sync than min.insync.replicas"],
  [20, "NOT_ENOUGH_REPLICAS_AFTER_APPEND", "wait", "fewer replicas were in sync after writing"],
  [22, "ILLEGAL_GENERATION", "stale", "the generation of the group is over"],
  [23, "INCONSISTENT_GROUP_PROTOCOL", "refused", "the group's members assign in another way"],
  [24, "INVALID_GROUP_ID", "refused", "the group's name is not allowed"],
  [25, "UNKNOWN_MEMBER_ID", "stale", "the group does not have the member any more"],
  [26, "INVALID_SESSION_TIMEOUT", "refused", "the broker does not allow this session timeout"],
  [27, "REBALANCE_IN_PROGRESS", "stale", "the group wants its members to join again"],
  [29, "TOPIC_AUTHORIZATION_FAILED", "refused", "the topic is not allowed to us"],
  [30, "GROUP_AUTHORIZATION_FAILED", "refused", "the group is not allowed to us"],
  [31, "CLUSTER_AUTHORIZATION_FAILED", "refused", "it is not allowed to us"],
  [32, "INVALID_TIMESTAMP", "refused", "a record's time is outside of what the topic allows"],
  [35, "UNSUPPORTED_VERSION", "refused", "the broker does not know the version"],
  [36, "TOPIC_ALREADY_EXISTS", "refused", "the topic exists already"],
  [37, "INVALID_PARTITIONS", "refused", "the number of partitions is not allowed"],
  [38, "INVALID_REPLICATION_FACTOR", "refused", "there are fewer brokers than replicas"],
  [40, "INVALID_CONFIG", "refused", "a setting is not allowed"],
  [41, "NOT_CONTROLLER", "moved", "another broker is the controller"],
  [42, "INVALID_REQUEST", "refused", "the request contradicts itself"],
  [44, "POLICY_VIOLATION", "refused", "a policy of the cluster forbids it"],
  [45, "OUT_OF_ORDER_SEQUENCE_NUMBER", "refused", "a batch of the producer is missing"],
  [46, "DUPLICATE_SEQUENCE_NUMBER", "refused", "the batch was written before"],
  [47, "INVALID_PRODUCER_EPOCH", "fenced", "the producer's epoch is over"],
  [48, "INVALID_TXN_STATE", "refused", "the transaction is not open"],
  [49, "INVALID_PRODUCER_ID_MAPPING", "refused", "the transactional id has another producer"],
  [50, "INVALID_TRANSACTION_TIMEOUT", "refused", "it is above transaction.max.timeout.ms"],
  [51, "CONCURRENT_TRANSACTIONS", "wait", "the last transaction is still being finished"],
  [53, "TRANSACTIONAL_ID_AUTHORIZATION_FAILED", "refused", "the id is not allowed to us"],
  [55, "OPERATION_NOT_ATTEMPTED", "refused", "another partition of the request was refused"],
  [56, "KAFKA_STORAGE_ERROR", "moved", "the broker cannot use its disk"],
  [59, "UNKNOWN_PRODUCER_ID", "refused", "the broker has forgotten the producer"],
  [60, "REASSIGNMENT_IN_PROGRESS", "wait", "partitions are being moved"],
  [68, "NON_EMPTY_GROUP", "refused", "the group has members"],
  [69, "GROUP_ID_NOT_FOUND", "refused", "there is no such group"],
  [72, "LISTENER_NOT_FOUND", "moved", "the leader has no such listener"],
  [74, "FENCED_LEADER_EPOCH", "moved", "the leader is a newer one than we know"],
  [75, "UNKNOWN_LEADER_EPOCH", "wait", "the broker does not know of its newer epoch yet"],
  [76, "UNSUPPORTED_COMPRESSION_TYPE", "refused", "the compression is not supported"],
  [78, "OFFSET_NOT_AVAILABLE", "wait", "a new leader does not know its end yet"],
  [79, "MEMBER_ID_REQUIRED", "refused", "the member has to join with the id it is given"],
  [81, "GROUP_MAX_SIZE_REACHED", "refused", "the group has as many members as it may have"],
  [82, "FENCED_INSTANCE_ID", "stale", "another member has come with the same instance id"],
  [84, "PREFERRED_LEADER_NOT_AVAILABLE", "wait", "the preferred leader is not available"],
  [87, "INVALID_RECORD", "refused", "the broker does not accept a record"],
  [88, "UNSTABLE_OFFSET_COMMIT", "wait", "a transaction is moving the offset"],
  [89, "THROTTLING_QUOTA_EXCEEDED", "wait", "the broker slows us down"],
  [90, "PRODUCER_FENCED", "fenced", "a newer producer has the transactional id"],
  [100, "UNKNOWN_TOPIC_ID", "moved", "the topic was deleted, or made anew"],
  [103, "INCONSISTENT_TOPIC_ID", "moved", "the topic was made anew"],
  [105, "TRANSACTIONAL_ID_NOT_FOUND", "refused", "the transactional id is not known"],
  [120, "TRANSACTION_ABORTABLE", "refused", "the transaction has to be aborted"],
];

const table: ReadonlyMap<number, KafkaError> = new Map(
  rows.map(([code, name, meaning, text]) => [code, { code, name, meaning, text }]),
);

/** The error of a code; one that is not in the table is refused. 0 is not an error. */
export function kafkaError(code: number): KafkaError {
  const text = "the error is not known to us";
  return table.get(code) ?? { code, name: `error ${code}`, meaning: "refused", text };
}

/** Whether the same request may succeed later, perhaps at another broker. */
export function isRetriable(error: KafkaError): boolean {
  return error.meaning === "moved" || error.meaning === "wait";
}

/** The error with a name of the table. */
export function kafkaErrorNamed(name: string): KafkaError | undefined {
  return [...table.values()].find((error) => error.name === name);
}
