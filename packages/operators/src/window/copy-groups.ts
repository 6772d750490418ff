import { hashColumns } from "@millrace/columnar";
import type { OpenWindow } from "./open-window.ts";
import type { TableShape } from "./window-table.ts";

/**
 * Copies groups with what has been aggregated of them into an empty window, as a restart would.
 *
 * @param shapes of all state tables
 * @param isKept whether a group of `from` is copied
 */
export function copyGroups(
  from: OpenWindow,
  into: OpenWindow,
  shapes: readonly TableShape[],
  isKept: (group: number) => boolean,
): void {
  for (const shape of shapes) {
    const all = shape.all(from);
    const owners = shape.groupsOf(from, all);
    const entries = all.filter((_, i) => isKept(owners[i] as number));
    const count = entries.length;
    const keys = from.groups.keyColumns(shape.groupsOf(from, entries), count);
    const groups = new Int32Array(count);
    into.groups.lookup(keys, hashColumns(keys, count), undefined, count, groups);
    into.ensure();
    shape.restore(into, shape.columns(from, entries), groups, count);
  }
}
