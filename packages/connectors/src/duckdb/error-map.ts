import { dirname } from "node:path";
import { isMillraceError, type MillraceError, millraceError } from "@millrace/core";

/** Translates what the driver threw while it worked on the file at `path`. Ours pass unchanged. */
export function mapDuckDbError(error: unknown, path: string): MillraceError {
  if (isMillraceError(error)) return error;
  const text = error instanceof Error ? error.message : String(error);
  if (/could not set lock|conflicting lock|being used by another process/i.test(text)) {
    return millraceError("DUCKDB_FILE_LOCKED", { path }, { cause: error });
  }
  if (/permission denied|read-only (file system|mode)|access is denied/i.test(text)) {
    return millraceError("FILE_PERMISSION_DENIED", { path, action: "write" }, { cause: error });
  }
  if (/cannot open file .*(no such file or directory|cannot find the path)/is.test(text)) {
    // The file itself is made when it is missing; its directory is not.
    return millraceError("FILE_NOT_FOUND", { path: dirname(path) }, { cause: error });
  }
  if (/no space left|disk full|not enough space|out of disk/i.test(text)) {
    const problem = `the disk of ${path} is full`;
    return millraceError("DUCKDB_FAILED", { problem }, { cause: error });
  }
  return millraceError("DUCKDB_FAILED", { problem: firstLine(text) }, { cause: error });
}

/** Runs `work` and translates what it throws. */
export async function withMappedErrors<Result>(
  path: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw mapDuckDbError(error, path);
  }
}

function firstLine(text: string): string {
  return (text.split("\n", 1)[0] as string).replace(/\.$/, "");
}
