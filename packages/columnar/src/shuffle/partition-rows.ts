import { assert, keyGroupOf, limits, partitionOfKeyGroup } from "@millrace/core";
import type { RecordBatch } from "apache-arrow";
import { columnOf } from "../batch/column-of.ts";
import { takeRows } from "../batch/take-rows.ts";
import { hashColumns } from "../hash/hash-columns.ts";

const partitionsByKeyGroup: Map<number, Uint8Array> = new Map();

function keyGroupPartitions(partitions: number): Uint8Array {
  let table = partitionsByKeyGroup.get(partitions);
  if (table === undefined) {
    assert(partitions >= 1 && partitions <= limits.partitionsMax, "partitions are 1 … 240");
    table = new Uint8Array(limits.keyGroups);
    for (let group = 0; group < table.length; group++) {
      table[group] = partitionOfKeyGroup(group, partitions);
    }
    partitionsByKeyGroup.set(partitions, table);
  }
  return table;
}

/**
 * Splits a batch by the partition that owns the key group of each row's key hash. Rows keep their
 * order.
 *
 * **Shape** one batch per partition, undefined where a partition gets no row
 * **Cost**  O(rows × columns): one counting sort, one gather
 */
export function partitionRows(
  batch: RecordBatch,
  keys: readonly string[],
  partitions: number,
): (RecordBatch | undefined)[] {
  const result: (RecordBatch | undefined)[] = new Array(partitions).fill(undefined);
  const rowCount = batch.numRows;
  if (rowCount === 0) return result;
  const table = keyGroupPartitions(partitions);
  const hashes = hashColumns(
    keys.map((key) => columnOf(batch, key)),
    rowCount,
  );
  const targets = new Uint8Array(rowCount);
  const starts = new Int32Array(partitions + 1);
  for (let row = 0; row < rowCount; row++) {
    const target = table[keyGroupOf(hashes[row]!)]!;
    targets[row] = target;
    starts[target + 1]!++;
  }
  const only = targets[0]!;
  if (starts[only + 1] === rowCount) {
    result[only] = batch;
    return result;
  }
  for (let p = 0; p < partitions; p++) starts[p + 1]! += starts[p]!;
  const next = starts.slice();
  const rows = new Int32Array(rowCount);
  for (let row = 0; row < rowCount; row++) rows[next[targets[row]!]!++] = row;
  for (let p = 0; p < partitions; p++) {
    const count = starts[p + 1]! - starts[p]!;
    if (count > 0) result[p] = takeRows(batch, rows.subarray(starts[p]!), count);
  }
  return result;
}
