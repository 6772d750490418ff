import { hashColumns } from "@millrace/columnar";
import type { AggregateRows } from "../aggregate/accumulator.ts";
import { EventOrder } from "../aggregate/event-order.ts";
import { readNumbers } from "../aggregate/read-numbers.ts";
import { Scratch } from "../scratch.ts";
import type { CallState, OpenWindow } from "./open-window.ts";

/**
 * Adds what `from` has aggregated to `into`; `from` stays as it is.
 *
 * **Cost** one key look-up per group of `from`, one merge per group and aggregate; for `distinct`,
 * one look-up per value
 */
export function mergeWindow(into: OpenWindow, from: OpenWindow): void {
  if (from.groups.size > 0) mergeGroups(into, from, groupsWithin(into, from));
}

/** Which group of `into` each group of `from` is; those that are missing are made. */
export function groupsWithin(into: OpenWindow, from: OpenWindow): Int32Array {
  const count = from.groups.size;
  const keys = from.groups.keyColumns(Scratch.identity(count), count);
  const groups = new Int32Array(count);
  into.groups.lookup(keys, hashColumns(keys, count), undefined, count, groups);
  return groups;
}

/** Takes out of `into` what `mergeGroups` has added; its accumulators must be able to. */
export function unmergeGroups(into: OpenWindow, from: OpenWindow, groups: Int32Array): void {
  for (const [call, { accumulator }] of from.calls.entries()) {
    into.calls[call]?.accumulator.unmerge?.(accumulator, groups, from.groups.size);
  }
}

/**
 * Adds group i of `from` to group `groups[i]` of `into`, which must have them; −1 leaves a group
 * out.
 */
export function mergeGroups(into: OpenWindow, from: OpenWindow, groups: Int32Array): void {
  into.ensure();
  for (let call = 0; call < from.calls.length; call += 1) {
    const source = from.calls[call] as CallState;
    const target = into.calls[call] as CallState;
    if (source.distinct === undefined) {
      target.accumulator.merge(source.accumulator, groups, from.groups.size);
    } else {
      mergeDistinct(target, source, groups);
    }
  }
}

/** Values that both have seen count once, so the values are added anew, not the sums. */
function mergeDistinct(target: CallState, source: CallState, groups: Int32Array): void {
  const size = source.distinct?.size ?? 0;
  const entries = source.distinct?.entries(Scratch.identity(size), size);
  if (entries === undefined || size === 0) return;
  const rows = new Int32Array(size);
  const groupOfRow = new Int32Array(size);
  let count = 0;
  for (let entry = 0; entry < size; entry += 1) {
    const group = groups[entries.groups[entry] as number] as number;
    if (group < 0) continue;
    rows[count] = entry;
    groupOfRow[count] = group;
    count += 1;
  }
  const input: AggregateRows = {
    data: entries.values,
    values: source.form === "number" ? readNumbers(entries.values) : new Float64Array(0),
    others: [],
    hashes: hashColumns([entries.values], size),
    rows,
    groups: groupOfRow,
    count,
    weights: undefined,
    order: new EventOrder(),
  };
  target.distinct?.keepNew(input);
  target.accumulator.add(input);
}
