import type { ProcessState } from "@millrace/plan";
import { compareValues } from "../aggregate/compare-values.ts";
import type { KeyedEntries } from "./keyed-entries.ts";
import { settleValue } from "./settle-value.ts";

/** Whose state is being read and written. */
export interface CurrentKey {
  readonly key: number;
}

/** What a user function sees of a state: that of the current key. */
export function stateAccess(
  state: ProcessState,
  entries: KeyedEntries,
  current: CurrentKey,
): object {
  switch (state.shape) {
    case "value":
      return valueAccess(state, entries, current);
    case "list":
      return listAccess(state, entries, current);
    case "map":
      return mapAccess(state, entries, current);
  }
}

/** Types of a state's entries: one of a value, by place of a list, by key of a map. */
export function entryTypesOf(state: ProcessState): ConstructorParameters<typeof KeyedEntries>[0] {
  const name = `state.${state.name}`;
  const place = { kind: "int32", nullable: false } as const;
  return { name, entry: state.shape === "map" ? state.key : place, value: state.value };
}

function valueAccess(state: ProcessState, entries: KeyedEntries, current: CurrentKey): object {
  const settle = settleValue(state.value, state.name);
  return {
    get: () => entries.of(current.key)?.get(0) ?? null,
    set: (value: unknown) => entries.put(current.key, 0, settle(value)),
    clear: () => entries.delete(current.key, 0),
  };
}

function listAccess(state: ProcessState, entries: KeyedEntries, current: CurrentKey): object {
  const settle = settleValue(state.value, state.name);
  const lengthNow = (): number => entries.of(current.key)?.size ?? 0;
  return {
    get: () => {
      const own = entries.of(current.key);
      return Array.from({ length: lengthNow() }, (_, place) => own?.get(place));
    },
    add: (item: unknown) => entries.put(current.key, lengthNow(), settle(item)),
    set: (items: Iterable<unknown>) => {
      const settled = [...items].map(settle);
      for (const [place, item] of settled.entries()) entries.put(current.key, place, item);
      for (let place = lengthNow() - 1; place >= settled.length; place -= 1) {
        entries.delete(current.key, place);
      }
    },
    clear: () => entries.clear(current.key),
    get length() {
      return lengthNow();
    },
  };
}

function mapAccess(
  state: Extract<ProcessState, { shape: "map" }>,
  entries: KeyedEntries,
  current: CurrentKey,
): object {
  const settle = settleValue(state.value, state.name);
  const settleKey = settleValue(state.key, `${state.name}.key`);
  return {
    get: (key: unknown) => entries.of(current.key)?.get(settleKey(key)) ?? null,
    has: (key: unknown) => entries.of(current.key)?.has(settleKey(key)) === true,
    set: (key: unknown, value: unknown) => entries.put(current.key, settleKey(key), settle(value)),
    delete: (key: unknown) => entries.delete(current.key, settleKey(key)),
    // By key, as the order in which they came does not survive a restart.
    entries: () => [...(entries.of(current.key) ?? [])].sort(([a], [b]) => compareValues(a, b)),
    clear: () => entries.clear(current.key),
    get size() {
      return entries.of(current.key)?.size ?? 0;
    },
  };
}
