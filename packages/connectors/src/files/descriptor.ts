import type { Json, RowType, SourceDescriptor } from "@millrace/core";

/**
 * One path or several; relative ones are relative to the working directory. `*`, `**`, `?` match.
 */
export type FilePaths = string | readonly string[];

/** Options of text files. */
export interface TextFileOptions {
  /** Goes on reading as the files grow; the source is then unbounded. Default false. */
  readonly follow?: boolean;
}

/** Options of CSV files. */
export interface CsvFileOptions extends TextFileOptions {
  /** One ASCII character. Default `,`. */
  readonly delimiter?: string;
  /** Whether the first line names the columns, else they stand in row type order. Default true. */
  readonly hasHeader?: boolean;
  /** Texts that, without quotes, stand for null, beside the empty one. Default none. */
  readonly nullValues?: readonly string[];
}

function describe<Row extends object>(
  format: string,
  paths: FilePaths,
  rowType: RowType<Row>,
  options: TextFileOptions = {},
  csv?: { readonly [option: string]: Json },
): SourceDescriptor<Row> {
  const list = typeof paths === "string" ? [paths] : [...paths];
  return {
    role: "source",
    connector: "files",
    options: {
      format,
      paths: list,
      follow: options.follow ?? false,
      ...(csv === undefined ? {} : { csv }),
    },
    rowType,
  };
}

/**
 * Reads Parquet files, split by row group. Row groups are left out where their statistics prove
 * that a `where` right after the source keeps no row of them. Needs the package `@duckdb/node-api`.
 */
export function parquet<Row extends object>(
  paths: FilePaths,
  rowType: RowType<Row>,
): SourceDescriptor<Row> {
  return { ...describe("parquet", paths, rowType), skips: "row groups" };
}

/** Reads files of newline-delimited JSON; a bad line is a dead letter. */
export function ndjson<Row extends object>(
  paths: FilePaths,
  rowType: RowType<Row>,
  options?: TextFileOptions,
): SourceDescriptor<Row> {
  return describe("ndjson", paths, rowType, options);
}

/**
 * Reads CSV files (RFC 4180); a bad record is a dead letter. A column of the row type that a file's
 * header lacks ends the run with `FILE_COLUMN_MISSING`.
 */
export function csv<Row extends object>(
  paths: FilePaths,
  rowType: RowType<Row>,
  { follow = false, delimiter = ",", hasHeader = true, nullValues = [] }: CsvFileOptions = {},
): SourceDescriptor<Row> {
  return describe("csv", paths, rowType, { follow }, { delimiter, hasHeader, nullValues });
}

/** Reads files of Arrow IPC, stream or file form; each is read whole into memory. */
export function arrow<Row extends object>(
  paths: FilePaths,
  rowType: RowType<Row>,
): SourceDescriptor<Row> {
  return describe("arrow", paths, rowType);
}
