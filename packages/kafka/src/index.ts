export { BatchBuffers } from "./records/batch-buffers.ts";
export type { Compression, CompressionName } from "./records/compression/compression.ts";
export { loadCompression, loadCompressionsOf } from "./records/compression/load-compression.ts";
export { decodeRecords } from "./records/decode-records.ts";
export { batchBytesDefault, encodeRecords } from "./records/encode-records.ts";
export type { CommittedBound, DecodedRecords, FetchedRecords } from "./records/fetched-records.ts";
export type {
  EncodedBatch,
  EncodeOptions,
  ProducerStamp,
  RecordsToEncode,
} from "./records/records-to-encode.ts";
export { sequenceAfter, stamp } from "./records/stamp.ts";
export { KafkaCluster } from "./cluster/cluster.ts";
export { fetchRecords } from "./cluster/fetch-records.ts";
export { deleteGroup, membersOf, removeMember, removeMembers } from "./cluster/group-members.ts";
export * from "./cluster/group-offsets.ts";
export { membershipState } from "./cluster/membership-state.ts";
export type { CallOptions } from "./cluster/negotiation.ts";
export { type Attempt, isConnectionError, refusedByKafka } from "./cluster/retry.ts";
export * from "./cluster/topics.ts";
export type { KafkaNode, KafkaTopic, PartitionLeader } from "./cluster/topology.ts";
export * from "./membership/consumer-protocol.ts";
export * from "./membership/group-member.ts";
export type { KafkaApi } from "./requests/api.ts";
export type { PartitionError, TopicPartition } from "./requests/by-topic.ts";
export type { NewTopic } from "./requests/create-topics.ts";
export type { DeletedRecords } from "./requests/delete-records.ts";
export * from "./requests/describe-groups.ts";
export type * from "./requests/fetch.ts";
export type { CoordinatorKind } from "./requests/find-coordinator.ts";
export type { ProducerIdentity } from "./requests/init-producer-id.ts";
export type { GroupProtocol, JoinedMember } from "./requests/join-group.ts";
export {
  isRetriable,
  kafkaError,
  type KafkaError,
  type KafkaErrorMeaning,
  kafkaErrorNamed,
} from "./requests/kafka-errors.ts";
export type { Isolation, ListedOffset, OffsetAt } from "./requests/list-offsets.ts";
export type { PartitionMetadata } from "./requests/metadata.ts";
export type { GroupMetadata, GroupOffset } from "./requests/offset-commit.ts";
export type { CommittedOffset } from "./requests/offset-fetch.ts";
export { produce, type ProducedBatch, type ProduceRequest } from "./requests/produce.ts";
export type { MemberAssignment } from "./requests/sync-group.ts";
export type { CommitOutcome, FailedCommit, WrittenEnd } from "./transactions/commit-outcome.ts";
export type * from "./transactions/commit-producer.ts";
export { endOpenTransactions } from "./transactions/end-open-transactions.ts";
export { newProducerId } from "./transactions/new-producer-id.ts";
export { PlainProducer } from "./transactions/plain-producer.ts";
export type { TransactionProtocol } from "./transactions/transaction-protocol.ts";
export * from "./transactions/transactional-producer.ts";
export * from "./transport/options.ts";
export { SocketTransport } from "./transport/socket-transport.ts";
export type * from "./transport/transport.ts";
