import type { DataType, FieldType, Json, RowSchema } from "@millrace/core";

/** What a place in the samples has held. */
interface Seen {
  /** How many values, without nulls. */
  values: number;
  hasNull: boolean;
  booleans: number;
  integers: number;
  floats: number;
  hasWideInteger: boolean;
  times: number;
  texts: number;
  lists: number;
  items: Seen | undefined;
  rows: number;
  members: Map<string, Seen>;
}

const instant = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)$/;

/**
 * The columns that JSON objects have, by what is seen in samples of them: whole numbers, other
 * numbers, texts, times (RFC 3339), booleans, lists and nested rows. A column that is missing or
 * null in a sample is nullable; one with values of several kinds is `json`; one of which no value
 * is seen, nullable text.
 *
 * **Cost** one walk over the samples
 */
export function columnsOfSamples(samples: readonly { readonly [name: string]: Json }[]): RowSchema {
  const seen = nothingSeen();
  for (const sample of samples) see(seen, sample);
  return { fields: fieldsOf(seen) };
}

function nothingSeen(): Seen {
  const counts = { values: 0, booleans: 0, integers: 0, floats: 0, times: 0, texts: 0, lists: 0 };
  const none = { hasNull: false, hasWideInteger: false, items: undefined };
  return { ...counts, ...none, rows: 0, members: new Map() };
}

function see(seen: Seen, value: Json): void {
  if (value === null) {
    seen.hasNull = true;
    return;
  }
  seen.values += 1;
  if (typeof value === "boolean") seen.booleans += 1;
  else if (typeof value === "number") seeNumber(seen, value);
  else if (typeof value === "string") seen[instant.test(value) ? "times" : "texts"] += 1;
  else if (Array.isArray(value)) {
    seen.lists += 1;
    const items = (seen.items ??= nothingSeen());
    for (const item of value as readonly Json[]) see(items, item);
  } else {
    seen.rows += 1;
    for (const [name, member] of Object.entries(value)) {
      const known = seen.members.get(name) ?? nothingSeen();
      seen.members.set(name, known);
      see(known, member);
    }
  }
}

function seeNumber(seen: Seen, value: number): void {
  if (!Number.isInteger(value)) seen.floats += 1;
  else {
    seen.integers += 1;
    seen.hasWideInteger ||= !Number.isSafeInteger(value);
  }
}

function fieldsOf(seen: Seen): FieldType[] {
  return [...seen.members].map(([name, member]) => {
    const isOptional = member.hasNull || member.values < seen.rows;
    return { name, type: typeOf(member, isOptional) };
  });
}

function typeOf(seen: Seen, nullable: boolean): DataType {
  const { values, items } = seen;
  if (values === 0) return { kind: "utf8", nullable: true };
  if (seen.booleans === values) return { kind: "boolean", nullable };
  if (seen.integers === values) {
    return { kind: "int64", as: seen.hasWideInteger ? "bigint" : "number", nullable };
  }
  if (seen.integers + seen.floats === values) return { kind: "float64", nullable };
  if (seen.times === values) return { kind: "timestamp", unit: "ms", nullable };
  if (seen.times + seen.texts === values) return { kind: "utf8", nullable };
  if (seen.lists === values && items !== undefined) {
    return { kind: "list", item: typeOf(items, items.hasNull), nullable };
  }
  // A row has columns; of objects that are all empty nothing is known.
  const isRow = seen.rows === values && seen.members.size > 0;
  return isRow ? { kind: "row", fields: fieldsOf(seen), nullable } : { kind: "json", nullable };
}
