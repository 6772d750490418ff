import type { ColumnType, DataType } from "@millrace/core";
import type { ListState, MapState, StateType } from "./process-types.ts";

/** A state of `process`: a list for each key, of which only changed items are saved. */
export function listState<Item>(item: ColumnType<Item>): StateType<ListState<Item>> {
  return { shape: "list", value: item.dataType };
}

/**
 * A state of `process`: values by key, for each key of the stream; only changed ones are saved.
 *
 * @param key not nested, never null
 */
export function mapState<Key extends string | number | bigint | boolean, Value>(
  key: ColumnType<Key>,
  value: ColumnType<Value>,
): StateType<MapState<Key, Value>> {
  return { shape: "map", key: key.dataType, value: value.dataType };
}

/** Whether values of the type can tell the entries of a map state apart. */
export function canBeEntryKey({ kind, nullable }: DataType): boolean {
  const isNested = kind === "list" || kind === "row" || kind === "map";
  return !nullable && !isNested && kind !== "binary" && kind !== "decimal" && kind !== "json";
}
