import { access, constants, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { millraceError } from "@millrace/core";
import { glob } from "tinyglobby";
import { withFileErrors } from "./error-map.ts";

/** A file to read. */
export interface InputFile {
  /** Absolute. */
  readonly path: string;
  readonly sizeBytes: number;
}

/**
 * The files that the paths name, in path order, each once.
 *
 * @throws MillraceError `FILE_NOT_FOUND` when a path matches nothing, `FILE_PERMISSION_DENIED`
 */
export async function findFiles(paths: readonly string[]): Promise<InputFile[]> {
  const found = new Set<string>();
  for (const path of paths) {
    const matches = /[*?]/.test(path) ? await glob(path, { absolute: true }) : [resolve(path)];
    if (matches.length === 0) throw millraceError("FILE_NOT_FOUND", { path });
    for (const match of matches) found.add(match);
  }
  const files: InputFile[] = [];
  for (const path of [...found].toSorted()) {
    await withFileErrors(path, async () => {
      await access(path, constants.R_OK);
      const { size, ...stats } = await stat(path);
      if ((stats.mode & constants.S_IFMT) === constants.S_IFDIR) {
        throw millraceError("FILE_READ_FAILED", { path, problem: "it is a directory" });
      }
      files.push({ path, sizeBytes: size });
    });
  }
  return files;
}
