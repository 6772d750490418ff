import type { RowType, SourceDescriptor } from "@millrace/core";

/** One path or several; relative ones are relative to the working directory. `*`, `**`, `?` match. */
export type FilePaths = string | readonly string[];

/** Options of text files. */
export interface TextFileOptions {
  /** Goes on reading as the files grow; the source is then unbounded. Default false. */
  readonly follow?: boolean;
}

function describe<Row extends object>(
  format: string,
  paths: FilePaths,
  rowType: RowType<Row>,
  options: TextFileOptions = {},
): SourceDescriptor<Row> {
  const list = typeof paths === "string" ? [paths] : [...paths];
  return {
    role: "source",
    connector: "files",
    options: { format, paths: list, follow: options.follow ?? false },
    rowType,
  };
}

/** Reads Parquet files, split by row group. Needs the package `@duckdb/node-api`. */
export function parquet<Row extends object>(
  paths: FilePaths,
  rowType: RowType<Row>,
): SourceDescriptor<Row> {
  return describe("parquet", paths, rowType);
}

/** Reads files of newline-delimited JSON; a bad line is a dead letter. */
export function ndjson<Row extends object>(
  paths: FilePaths,
  rowType: RowType<Row>,
  options?: TextFileOptions,
): SourceDescriptor<Row> {
  return describe("ndjson", paths, rowType, options);
}
