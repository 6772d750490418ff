import { isMillraceError, type MillraceError, millraceError } from "@millrace/core";

/** An error of the file system or of the Parquet reader → an error of the catalogue. */
export function mapFileError(error: unknown, path: string): MillraceError {
  if (isMillraceError(error)) return error;
  const problem = error instanceof Error ? error.message : String(error);
  const code = (error as { code?: unknown }).code;
  const options = { cause: error };
  if (code === "ENOENT" || code === "ENOTDIR" || /no files found/i.test(problem)) {
    return millraceError("FILE_NOT_FOUND", { path }, options);
  }
  if (code === "EACCES" || code === "EPERM" || /permission denied/i.test(problem)) {
    return millraceError("FILE_PERMISSION_DENIED", { path, action: "read" }, options);
  }
  const isParquet = /parquet|magic bytes|footer|corrupt|thrift|snappy|zstd|too small/i.test(
    problem,
  );
  if (code === undefined && isParquet) {
    return millraceError("FILE_CORRUPT", { path, format: "Parquet", problem }, options);
  }
  return millraceError("FILE_READ_FAILED", { path, problem }, options);
}

/** Runs `work`; what it throws becomes an error of the catalogue. */
export async function withFileErrors<Result>(
  path: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw mapFileError(error, path);
  }
}
