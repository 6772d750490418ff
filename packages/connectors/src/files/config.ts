import { type Json, millraceError } from "@millrace/core";
import type { CsvOptions } from "@millrace/formats";

/** The validated options of a file source. */
export interface FilesConfig {
  readonly format: "parquet" | "ndjson" | "csv" | "arrow";
  readonly paths: readonly string[];
  readonly isFollowing: boolean;
  /** The dialect of `csv`. */
  readonly csv: CsvOptions;
}

const formats: readonly unknown[] = ["parquet", "ndjson", "csv", "arrow"];

/** @throws MillraceError `CONNECTOR_CONFIG_INVALID` */
export function readConfig(options: Json): FilesConfig {
  const { format, paths, follow, csv } = (options ?? {}) as Record<string, Json>;
  if (!formats.includes(format)) throw invalid(`unknown format ${String(format)}`);
  if (!Array.isArray(paths) || !paths.every((path) => typeof path === "string")) {
    throw invalid("paths must be a list of texts");
  }
  if (follow === true && (format === "parquet" || format === "arrow")) {
    throw invalid(`a file of format ${format} cannot be followed`);
  }
  return {
    format: format as FilesConfig["format"],
    paths: paths as string[],
    isFollowing: follow === true,
    csv: (csv ?? {}) as CsvOptions,
  };
}

function invalid(problem: string): Error {
  return millraceError("CONNECTOR_CONFIG_INVALID", { connector: "files", problem });
}
