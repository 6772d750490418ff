import { assert } from "./errors/assert.ts";

/** Every bound of Millrace, in one place. Each is enforced where its name is used. */
export const limits: {
  /** Key groups of a pipeline: the unit in which state is kept, snapshotted and later moved. */
  readonly keyGroups: number;
  /** Partitions of a pipeline. */
  readonly partitionsMax: number;
  /** Threads of a run. */
  readonly threadsMax: number;
  /** Warm copies of each task's state. */
  readonly standbyMax: number;
  /** Rows of a batch that a source hands out. */
  readonly batchRowsMax: number;
  /** Rows of a batch unless a run says otherwise. */
  readonly batchRowsDefault: number;
  /** Groups (keys × open windows) of one stateful operator in one task. */
  readonly groupsMax: number;
  /** Different values that an exact aggregate keeps of one group. */
  readonly valuesPerGroupMax: number;
  /** Elements of a collected list, set or map, and of the most frequent values. */
  readonly collectedMax: number;
  /** Windows of one operator open at once in one task. */
  readonly windowsOpenMax: number;
  /** Panes that one hopping or cumulate window is made of. */
  readonly windowPanesMax: number;
  /** Rows that `over` aggregates a row with, where it counts rows. */
  readonly frameRowsMax: number;
  /** Rows that one `over` keeps in one task. */
  readonly overRowsMax: number;
  /** Series (keys) of one detector or forecaster in one task. */
  readonly seriesMax: number;
  /** Points of a grid in the longest gap that is filled. */
  readonly gridPointsMax: number;
  /** Rows that one side of a join keeps in one task. */
  readonly joinRowsMax: number;
  /** Keys of one process step in one task. */
  readonly processKeysMax: number;
  /** Entries of one state, or timers, of one process step in one task. */
  readonly processEntriesMax: number;
  /** Calls of one step with async functions that go on at once in one task. */
  readonly asyncCallsMax: number;
  /** Rows of a batch that a task with such a step reads, as none of them commits alone. */
  readonly asyncBatchRowsMax: number;
  /** Keys that one lookup keeps in one task. */
  readonly lookupRowsMax: number;
  /** Variables of a pattern. */
  readonly patternVariablesMax: number;
  /** Rows that one pattern keeps in one task. */
  readonly patternRowsMax: number;
  /** Ways in which the rows after one may be divided among the variables of a pattern, at once. */
  readonly patternWaysMax: number;
  /** Bytes of one log record. */
  readonly recordBytesMax: number;
  /** Bytes that a record batch of Kafka decompresses to, and all that are decoded together. */
  readonly unpackedBytesMax: number;
  /** Bytes of a state snapshot chunk, roughly. */
  readonly snapshotChunkBytes: number;
  /** Bytes of an id. */
  readonly idLengthMax: number;
} = {
  keyGroups: 240,
  partitionsMax: 240,
  threadsMax: 64,
  standbyMax: 8,
  batchRowsMax: 1_048_576,
  batchRowsDefault: 65_536,
  groupsMax: 20_000_000,
  valuesPerGroupMax: 1_000_000,
  collectedMax: 10_000,
  windowsOpenMax: 100_000,
  windowPanesMax: 10_000,
  frameRowsMax: 1_000_000,
  overRowsMax: 20_000_000,
  seriesMax: 1_000_000,
  gridPointsMax: 100_000,
  joinRowsMax: 20_000_000,
  processKeysMax: 1_000_000,
  processEntriesMax: 10_000_000,
  asyncCallsMax: 10_000,
  asyncBatchRowsMax: 1_024,
  lookupRowsMax: 1_000_000,
  patternVariablesMax: 30,
  patternRowsMax: 20_000_000,
  patternWaysMax: 100_000,
  recordBytesMax: 256 * 1024 * 1024,
  unpackedBytesMax: 256 * 1024 * 1024,
  snapshotChunkBytes: 1024 * 1024,
  idLengthMax: 100,
};

assert(limits.partitionsMax <= limits.keyGroups, "a partition owns at least one key group");
assert(limits.batchRowsDefault <= limits.batchRowsMax, "the default batch is within its bound");
