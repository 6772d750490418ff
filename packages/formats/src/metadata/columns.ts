import {
  type ColumnType,
  type DataType,
  type Instant,
  type Json,
  millraceError,
  t,
} from "@millrace/core";

/** Where a column's values are: beside the value of a record. Plain data. */
export type MetadataSource =
  | { readonly from: "key" }
  | { readonly from: "time" }
  | { readonly from: "header"; readonly header: string };

/** A column of what records have beside their values. */
export interface MetadataColumn<Value> {
  readonly column: ColumnType<Value>;
  readonly source: MetadataSource;
}

/** Columns by name, as `withMetadata` takes them. */
export type MetadataColumns = { readonly [name: string]: MetadataColumn<unknown> };

/** What a format with such columns is made with. */
export type MetadataOptions = {
  readonly format: string;
  readonly formatOptions: Json;
  readonly columns: { readonly [name: string]: MetadataSource };
  /** Headers that every written record has, by name. */
  readonly headers: { readonly [name: string]: string };
};

const keyKinds = new Set<DataType["kind"]>(["utf8", "binary", "int32", "int64"]);
const nestedKinds = new Set<DataType["kind"]>(["list", "map", "row"]);

/**
 * The record's key: text of UTF-8, any bytes, or a whole number of 4 or 8 bytes, high byte first. A
 * record without a key has null, and is refused where the column is not nullable.
 *
 * @param column `t.utf8()`, `t.binary()`, `t.int32()` or `t.int64()`, nullable or not
 * @throws MillraceError `CONNECTOR_CONFIG_INVALID` for another type
 */
export function recordKey<Value extends string | Uint8Array | number | bigint | null>(
  column: ColumnType<Value>,
): MetadataColumn<Value> {
  const { kind } = column.dataType;
  if (!keyKinds.has(kind)) throw invalid(`no key is a ${kind}: use utf8, binary, int32 or int64`);
  return { column, source: { from: "key" } };
}

/** The record's time, as its producer or the log has set it, in ms. */
export function recordTime(): MetadataColumn<Instant> {
  return { column: t.timestamp(), source: { from: "time" } };
}

/**
 * The record's last header of that name. A record without it, or with a null, has null, and is
 * refused where the column is not nullable.
 *
 * @param column any type but a nested one; what is no text or bytes is read from text, as in JSON.
 *   Default: `t.utf8().nullable()`
 * @throws MillraceError `CONNECTOR_CONFIG_INVALID` for a nested type
 */
export function recordHeader(header: string): MetadataColumn<string | null>;
export function recordHeader<Value>(
  header: string,
  column: ColumnType<Value>,
): MetadataColumn<Value>;
export function recordHeader(
  header: string,
  column: ColumnType<unknown> = t.utf8().nullable(),
): MetadataColumn<unknown> {
  const { kind } = column.dataType;
  if (nestedKinds.has(kind)) throw invalid(`no header is a ${kind}`);
  return { column, source: { from: "header", header } };
}

function invalid(problem: string): Error {
  return millraceError("CONNECTOR_CONFIG_INVALID", { connector: "metadata", problem });
}
