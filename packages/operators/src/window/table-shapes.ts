import { hashColumns, int32Column } from "@millrace/columnar";
import type { DataType, FieldType } from "@millrace/core";
import type { Data } from "apache-arrow";
import type { CellTable } from "../aggregate/cell-table.ts";
import type { DistinctSet } from "../aggregate/distinct-set.ts";
import type { ValueCounts } from "../aggregate/value-counts.ts";
import { needsDistinctSet } from "../aggregate/needs-distinct-set.ts";
import { Scratch } from "../scratch.ts";
import type { OpenWindow, WindowCall } from "./open-window.ts";
import type { TableShape } from "./window-table.ts";

const int32 = { kind: "int32", nullable: false } as const;

/** One row per group: the state columns of all accumulators, named `$call.column`. */
function groupsShape(calls: readonly WindowCall[]): TableShape {
  const fieldsOfCall = calls.map(({ plan }, call) =>
    plan.create().stateFields.map((f): FieldType => ({ name: `$${call}.${f.name}`, type: f.type })),
  );
  return {
    name: "groups",
    fields: fieldsOfCall.flat(),
    takeChanged: (window) => window.takeChanged(),
    all: (window) => Scratch.identity(window.groups.size).slice(0, window.groups.size),
    groupsOf: (_, entries) => entries,
    columns: (window, entries) =>
      window.calls.flatMap((c) => c.accumulator.stateColumns(entries, entries.length)),
    restore(window, columns, groups, count) {
      let at = 0;
      for (const [call, { accumulator }] of window.calls.entries()) {
        const width = (fieldsOfCall[call] as FieldType[]).length;
        accumulator.restore(columns.slice(at, at + width), groups, count);
        at += width;
      }
    },
    rowCount: (window) => window.groups.size,
  };
}

/** One row per (group, cell) of a sketch: bucket and count, or register and rank. */
function cellsShape(name: string, call: number): TableShape {
  const cellsOf = (window: OpenWindow): CellTable =>
    window.calls[call]?.accumulator.cells as CellTable;
  return {
    name,
    fields: [
      { name: "$cell", type: int32 },
      { name: "$count", type: int32 },
    ],
    takeChanged: (window) => Int32Array.from(cellsOf(window).takeChanged()),
    all: (window) => Int32Array.from(cellsOf(window).entries()),
    groupsOf: (window, entries) => entries.map((entry) => cellsOf(window).groupOf(entry)),
    columns(window, entries) {
      const cells = cellsOf(window);
      return [
        int32Column(
          entries.map((entry) => cells.cellOf(entry)),
          entries.length,
        ),
        int32Column(
          entries.map((entry) => cells.valueOf(entry)),
          entries.length,
        ),
      ];
    },
    restore(window, columns, groups, count) {
      const cells = cellsOf(window);
      const [cell, value] = columns.map((column) => column.values as Int32Array);
      for (let i = 0; i < count; i += 1) {
        cells.restore(groups[i] as number, cell?.[i] as number, value?.[i] as number);
      }
    },
    rowCount: (window) => cellsOf(window).size,
  };
}

/** One row per (group, value) that a `distinct` aggregate has seen. */
function distinctShape(name: string, call: number, argument: DataType): TableShape {
  const setOf = (window: OpenWindow): DistinctSet => window.calls[call]?.distinct as DistinctSet;
  return {
    name,
    fields: [{ name: "$value", type: argument }],
    takeChanged(window) {
      const { from, to } = setOf(window).takeChanged();
      return Scratch.identity(to).slice(from, to);
    },
    all: (window) => Scratch.identity(setOf(window).size).slice(0, setOf(window).size),
    groupsOf: (window, entries) => setOf(window).entries(entries, entries.length).groups,
    columns: (window, entries) => [setOf(window).entries(entries, entries.length).values],
    restore(window, columns, groups, count) {
      const data = columns[0] as Data;
      setOf(window).restore(data, hashColumns([data], count), groups, count);
    },
    rowCount: (window) => setOf(window).size,
  };
}

/**
 * One row per (group, value) of an aggregate that keeps its values, and how often it stands there.
 */
function countsShape(name: string, call: number, values: readonly FieldType[]): TableShape {
  const countsOf = (window: OpenWindow): ValueCounts =>
    window.calls[call]?.accumulator.valueCounts as ValueCounts;
  return {
    name,
    fields: [...values, { name: "$count", type: int32 }],
    takeChanged: (window) => countsOf(window).takeChanged(),
    all: (window) => countsOf(window).all(),
    groupsOf: (window, entries) => entries.map((entry) => countsOf(window).groupOf(entry)),
    columns(window, entries) {
      const counts = entries.map((entry) => countsOf(window).countOf(entry));
      const columns = countsOf(window).columns(entries, entries.length);
      return [...columns, int32Column(counts, entries.length)];
    },
    restore(window, columns, groups, count) {
      const counts = columns.at(-1)?.values as Int32Array;
      countsOf(window).restore(columns.slice(0, -1), counts, groups, count);
    },
    rowCount: (window) => countsOf(window).size,
  };
}

/**
 * The state tables of a window aggregation: groups, then one for each sketch, for the values that
 * an exact aggregate keeps, and for each `distinct`.
 */
export function tableShapes(calls: readonly WindowCall[]): readonly TableShape[] {
  const shapes: TableShape[] = [groupsShape(calls)];
  for (const [index, { call, plan, retracts }] of calls.entries()) {
    const { cells, valueCounts } = plan.create();
    if (cells !== undefined) {
      const kind = call.function === "quantile" ? "quantile" : "approx-distinct";
      shapes.push(cellsShape(`${kind}-${index}`, index));
    }
    if (valueCounts !== undefined) {
      shapes.push(countsShape(`values-${index}`, index, valueCounts.fields));
    }
    if (call.argument !== undefined && retracts !== true && needsDistinctSet(call)) {
      shapes.push(distinctShape(`distinct-${index}`, index, call.argument.type));
    }
  }
  return shapes;
}
