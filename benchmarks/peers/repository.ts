import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** The repository's root directory: this file may be part of a bundle, so it is looked for. */
export const repositoryRoot: string = findRoot(import.meta.dirname);

/** The directory of this comparison, with the peers' own sources. */
export const peersDirectory: string = join(repositoryRoot, "benchmarks", "peers");

function findRoot(directory: string): string {
  if (existsSync(join(directory, "packages", "core"))) return directory;
  const parent = dirname(directory);
  if (parent === directory) throw new Error("This is no checkout of the repository.");
  return findRoot(parent);
}
