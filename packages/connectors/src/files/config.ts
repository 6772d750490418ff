import { type Json, millraceError } from "@millrace/core";

/** The validated options of a file source. */
export interface FilesConfig {
  readonly format: "parquet" | "ndjson";
  readonly paths: readonly string[];
  readonly isFollowing: boolean;
}

/** @throws MillraceError `CONNECTOR_CONFIG_INVALID` */
export function readConfig(options: Json): FilesConfig {
  const { format, paths, follow } = (options ?? {}) as Record<string, Json>;
  if (format !== "parquet" && format !== "ndjson")
    throw invalid(`unknown format ${String(format)}`);
  if (!Array.isArray(paths) || !paths.every((path) => typeof path === "string")) {
    throw invalid("paths must be a list of texts");
  }
  if (follow === true && format === "parquet") throw invalid("a parquet file cannot be followed");
  return { format, paths: paths as string[], isFollowing: follow === true };
}

function invalid(problem: string): Error {
  return millraceError("CONNECTOR_CONFIG_INVALID", { connector: "files", problem });
}
