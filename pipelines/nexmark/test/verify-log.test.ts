import { describe, expect, test } from "vitest";
import { PartitionCheck, type PartitionFindings } from "../kafka/verify/check-partition.ts";
import type { LogBatch } from "../kafka/verify/read-batches.ts";

const producerId = 7n;

/** Batches, one after the other; by default of one record, and of the epoch 0. */
function check(
  batches: readonly Partial<Omit<LogBatch, "baseOffset" | "next">>[],
  isTruncated = false,
): PartitionFindings {
  const partition = new PartitionCheck(isTruncated);
  batches.forEach((batch, index) => {
    partition.take({
      baseOffset: BigInt(index),
      recordCount: 1,
      producerId,
      epoch: 0,
      baseSequence: -1,
      isTransactional: true,
      next: BigInt(index + 1),
      ...batch,
    });
  });
  return partition.finish();
}

test("transactions that follow each other are counted", () => {
  const found = check([
    { baseSequence: 0, recordCount: 3 },
    { baseSequence: 3, recordCount: 2 },
    { mark: "commit", epoch: 1 },
    { baseSequence: 0, epoch: 1 },
    { mark: "abort", epoch: 2 },
    { baseSequence: 0, epoch: 2 },
    { mark: "commit", epoch: 3 },
  ]);
  expect(found).toMatchObject({ committedRecords: 6, abortedRecords: 1, violations: [] });
  expect(found.transactions.map(({ isCommitted }) => isCommitted)).toEqual([true, false, true]);
});

test("of the classic protocol, several transactions are of one epoch", () => {
  const found = check([
    { baseSequence: 0 },
    { mark: "commit" },
    { baseSequence: 1 },
    { mark: "commit" },
  ]);
  expect(found).toMatchObject({ committedRecords: 2, violations: [] });
});

test("a partition that was truncated may begin with any sequence number", () => {
  expect(check([{ baseSequence: 9 }, { mark: "commit" }], true).violations).toEqual([]);
});

describe("found out is", () => {
  test.each<[string, Parameters<typeof check>[0], string]>([
    [
      "a batch of no transaction",
      [{ baseSequence: 0, isTransactional: false }],
      "is of no transaction",
    ],
    ["a transaction without an end", [{ baseSequence: 0 }], "1 records of producer 7 have no mark"],
    [
      "a gap of sequence numbers",
      [{ baseSequence: 0 }, { baseSequence: 2 }, { mark: "commit" }],
      "has the sequence number 2, not 1",
    ],
    [
      "a batch that is there twice",
      [{ baseSequence: 0 }, { baseSequence: 0 }, { mark: "commit" }],
      "has the sequence number 0, not 1",
    ],
    [
      "an epoch that does not begin with 0",
      [
        { baseSequence: 0 },
        { mark: "abort", epoch: 1 },
        { baseSequence: 1, epoch: 1 },
        { mark: "commit", epoch: 1 },
      ],
      "has the sequence number 1, not 0",
    ],
    [
      "a write of an epoch that is over",
      [{ baseSequence: 0 }, { mark: "abort", epoch: 1 }, { baseSequence: 1 }],
      "is of epoch 0 after epoch 1",
    ],
    [
      "a commit of an epoch that is over",
      [
        { baseSequence: 0 },
        { mark: "abort", epoch: 1 },
        { baseSequence: 0, epoch: 1 },
        { mark: "commit" },
        { mark: "commit", epoch: 1 },
      ],
      "is a commit of epoch 0 after 1",
    ],
    [
      "a commit in the name of a later producer",
      [{ baseSequence: 0 }, { mark: "commit", epoch: 2 }],
      "commits records of epoch 0 in epoch 2",
    ],
    [
      "a new epoch within a transaction",
      [{ baseSequence: 0 }, { baseSequence: 0, epoch: 1 }, { mark: "commit", epoch: 1 }],
      "begins an epoch before the last one was ended",
    ],
  ])("%s", (_, batches, problem) => {
    expect(check(batches).violations.join()).toContain(problem);
  });
});
