import { type DataType, withNullable } from "@millrace/core";
import type { ColumnExpression, NullOf } from "../expression/expression-types.ts";
import { unknownType } from "../expression/literal.ts";
import { expectKind } from "../expression/result-type.ts";
import type { UndistinctAggregate } from "./aggregate-types.ts";
import { checkWhole, flatType, makeAggregate, orderedType } from "./make-aggregate.ts";

/** The bound of a result. */
export interface CollectOptions {
  /** Elements at most, from 1 to 10,000. */
  readonly limit: number;
}

function listType(item: DataType): DataType {
  return item === unknownType
    ? unknownType
    : { kind: "list", nullable: false, item: withNullable(item, false) };
}

type Listed<Value> = readonly Exclude<Value, null>[] | NullOf<Value>;

/**
 * The values of a group in order of event time; nulls are skipped.
 *
 * **State** fewer than 2 · limit + 64 values a group. The first `limit` values by event order are
 * kept, what comes after them is left out of the result and not counted: `count(of)` says how many
 * there were. Over an updating stream, all values are kept, up to `limits.valuesPerGroupMax`.
 */
export function collectList<Value>(
  of: ColumnExpression<Value>,
  { limit }: CollectOptions,
): UndistinctAggregate<Listed<Value>> {
  checkWhole("collectList: limit", limit);
  return makeAggregate("collectList", of, (type) => listType(flatType(type)), {
    settings: { limit },
  });
}

/**
 * The different values of a group, ascending; nulls are skipped.
 *
 * **State** fewer than 2 · limit + 64 values a group. The `limit` smallest values are kept, greater
 * ones are left out of the result: `countDistinct(of)` says how many there were. Over an updating
 * stream, all values are kept, up to `limits.valuesPerGroupMax`.
 */
export function collectSet<Value>(
  of: ColumnExpression<Value>,
  { limit }: CollectOptions,
): UndistinctAggregate<Listed<Value>> {
  checkWhole("collectSet: limit", limit);
  return makeAggregate("collectSet", of, (type) => listType(orderedType(type)), {
    settings: { limit },
  });
}

/**
 * The last value by event time of each key; rows where one of the two is null are skipped.
 *
 * **State** fewer than 2 · limit + 64 rows a group. The `limit` smallest keys are kept, greater
 * ones are left out of the result: `countDistinct(key)` says how many there were. Over an updating
 * stream, all rows are kept, up to `limits.valuesPerGroupMax`.
 */
export function collectMap<Key extends string | null, Value>(
  key: ColumnExpression<Key>,
  value: ColumnExpression<Value>,
  { limit }: CollectOptions,
): UndistinctAggregate<
  Readonly<Record<string, Exclude<Value, null>>> | NullOf<Key> | NullOf<Value>
> {
  checkWhole("collectMap: limit", limit);
  const typeOf = (keyType: DataType, valueType: DataType = unknownType): DataType => {
    expectKind(keyType, ["utf8", "enum"], "text");
    const flat = flatType(valueType);
    return flat === unknownType
      ? unknownType
      : { kind: "map", nullable: false, value: withNullable(flat, false) };
  };
  return makeAggregate("collectMap", key, typeOf, { others: [value], settings: { limit } });
}
