import { valueReader } from "@millrace/columnar";
import type { DataType, FieldType } from "@millrace/core";
import type { Data } from "apache-arrow";
import type { AggregateRows } from "./accumulator.ts";
import { compareValues } from "./compare-values.ts";
import { type CountedPlan, type GroupValues, sortedRows } from "./counted.ts";
import { orderFields, orderKeyCount } from "./event-order.ts";
import { readNumbers } from "./read-numbers.ts";

/** How much a group keeps. */
export interface CollectOptions {
  /** Elements of a result. */
  readonly limit: number;
  /** Whether what is beyond the limit must be kept, as rows before it may be taken back. */
  readonly retracts: boolean;
}

/** Values more than twice the limit that a group may hold, so that small limits are not slow. */
const spareValues = 64;

type Trim = NonNullable<CountedPlan["trim"]>;

/** A group is trimmed once in `limit` rows at most, and not for a handful. */
function trimTo(
  { limit, retracts }: CollectOptions,
  kept: (values: GroupValues) => readonly number[],
  isBeyond: NonNullable<Trim["beyond"]>["isBeyond"],
): { readonly trim?: Trim } {
  if (retracts) return {};
  const keep: Trim["keep"] = (values) =>
    kept(values).map((row) => [row, values.counts[row] as number] as const);
  return { trim: { presentMax: 2 * limit + spareValues, keep, beyond: { limit, isBeyond } } };
}

/** Whether a row of a batch is after the last kept one by event order. */
function isAfter({ order }: AggregateRows, row: number, kept: GroupValues): boolean {
  const columns = order.columns();
  for (let key = 0; key < orderKeyCount; key += 1) {
    const last = readNumbers(kept.columns[key] as Data)[kept.from] as number;
    const difference = ((columns[key] as Float64Array)[row] as number) - last;
    if (difference !== 0) return difference > 0;
  }
  return false;
}

function valueField(name: string, type: DataType): FieldType {
  return { name, type };
}

/** Compares rows by event time, then source, partition, offset, index. */
function orderOf(values: GroupValues): (left: number, right: number) => number {
  const keys = values.columns.slice(0, orderKeyCount).map((column) => readNumbers(column));
  return (left, right) => {
    for (const key of keys) {
      const difference = (key[left] as number) - (key[right] as number);
      if (difference !== 0) return difference;
    }
    return 0;
  };
}

const withOrder = (input: AggregateRows): readonly Data[] => [
  ...input.order.data(),
  input.data as Data,
  ...input.others.map(({ data }) => data),
];

/**
 * The first `limit` values by event order. What comes after them is left out.
 *
 * **State** fewer than 2 · limit + 64 values a group; over an updating stream, all of them
 */
export function collectList(
  argument: DataType,
  type: DataType,
  options: CollectOptions,
): CountedPlan {
  const read = valueReader(argument);
  const { limit } = options;
  const earliest = (values: GroupValues): number[] => {
    const order = orderOf(values);
    const data = values.columns[orderKeyCount] as Data;
    return sortedRows(
      values,
      (left, right) => order(left, right) || compareValues(read(data, left), read(data, right)),
    );
  };
  return {
    fields: [...orderFields, valueField("$value", argument)],
    type,
    columnsOf: withOrder,
    resultOf(values) {
      const data = values.columns[orderKeyCount] as Data;
      const list: unknown[] = [];
      for (const row of earliest(values)) {
        const times = Math.min(values.counts[row] as number, limit - list.length);
        for (let i = 0; i < times; i += 1) list.push(read(data, row));
        if (list.length === limit) break;
      }
      return list;
    },
    ...trimTo(options, (values) => earliest(values).slice(0, limit), isAfter),
  };
}

/**
 * The `limit` smallest of the different values, ascending. Greater ones are left out.
 *
 * **State** fewer than 2 · limit + 64 values a group; over an updating stream, all of them
 */
export function collectSet(
  argument: DataType,
  type: DataType,
  options: CollectOptions,
): CountedPlan {
  const read = valueReader(argument);
  const smallest = (values: GroupValues): number[] => {
    const [data] = values.columns as [Data];
    return sortedRows(values, (left, right) =>
      compareValues(read(data, left), read(data, right)),
    ).slice(0, options.limit);
  };
  return {
    fields: [valueField("$value", argument)],
    type,
    columnsOf: (input) => [input.data as Data],
    resultOf: (values) => smallest(values).map((row) => read(values.columns[0] as Data, row)),
    ...trimTo(options, smallest, (input, row, kept) => {
      const last = read(kept.columns[0] as Data, kept.from);
      return compareValues(read(input.data as Data, row), last) > 0;
    }),
  };
}

/**
 * The last value by event order of each key, for the `limit` smallest keys. Greater keys are left
 * out.
 *
 * **State** fewer than 2 · limit + 64 rows a group; over an updating stream, all of them
 */
export function collectMap(
  types: { readonly key: DataType; readonly value: DataType },
  type: DataType,
  options: CollectOptions,
): CountedPlan {
  const readKey = valueReader(types.key);
  const readValue = valueReader(types.value);
  const latest = (values: GroupValues): readonly (readonly [string, number])[] => {
    const order = orderOf(values);
    const keys = values.columns[orderKeyCount] as Data;
    const data = values.columns[orderKeyCount + 1] as Data;
    const compare = (left: number, right: number): number =>
      order(left, right) || compareValues(readValue(data, left), readValue(data, right));
    const byKey = new Map<string, number>();
    for (const row of sortedRows(values, compare)) byKey.set(readKey(keys, row) as string, row);
    return [...byKey].sort(([left], [right]) => compareValues(left, right)).slice(0, options.limit);
  };
  return {
    fields: [...orderFields, valueField("$key", types.key), valueField("$value", types.value)],
    type,
    columnsOf: withOrder,
    resultOf(values) {
      const data = values.columns[orderKeyCount + 1] as Data;
      return Object.fromEntries(latest(values).map(([key, row]) => [key, readValue(data, row)]));
    },
    ...trimTo(
      options,
      (values) => latest(values).map(([, row]) => row),
      (input, row, kept) => {
        const last = readKey(kept.columns[orderKeyCount] as Data, kept.from);
        return compareValues(readKey(input.data as Data, row), last) > 0;
      },
    ),
  };
}
