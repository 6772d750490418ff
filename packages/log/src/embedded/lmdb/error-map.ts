import { isMillraceError, type MillraceError, millraceError } from "@millrace/core";

/** Codes of LMDB and of the system that say surely that nothing was written. */
const definiteCodes: ReadonlySet<unknown> = new Set([
  -30792, // MDB_MAP_FULL
  -30788, // MDB_TXN_FULL
  "ENOSPC",
  28, // ENOSPC, as LMDB reports it
]);

/** Translates an error of LMDB or of the file system; a `MillraceError` passes as it is. */
export function mapStorageError(cause: unknown, directory: string): MillraceError {
  if (isMillraceError(cause)) return cause;
  const problem = problemOf(cause);
  return millraceError("LOG_STORAGE_FAILED", { path: directory, problem }, { cause });
}

/**
 * Translates an error of a commit.
 *
 * @param isApplied whether all records had been handed to LMDB: only then can the outcome be
 *   unknown
 */
export function mapCommitError(
  cause: unknown,
  place: { readonly directory: string; readonly writerId: string; readonly isApplied: boolean },
): MillraceError {
  const isDefinite = !place.isApplied || isMillraceError(cause) || definiteCodes.has(codeOf(cause));
  if (isDefinite) return mapStorageError(cause, place.directory);
  const params = { writerId: place.writerId, problem: problemOf(cause) };
  return millraceError("LOG_COMMIT_INDEFINITE", params, { cause });
}

function codeOf(cause: unknown): unknown {
  if (typeof cause !== "object" || cause === null) return undefined;
  return "code" in cause ? cause.code : undefined;
}

function problemOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
