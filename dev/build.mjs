// Builds dist/ of every package unless it is up to date: `node dev/build.mjs`.
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { root, run } from "./run.mjs";

/** The newest change of any file below a directory, in epoch ms; 0 where it does not exist. */
function newestChange(directory) {
  if (!existsSync(directory)) return 0;
  let newest = 0;
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    newest = Math.max(newest, statSync(join(entry.parentPath, entry.name)).mtimeMs);
  }
  return newest;
}

/** Whether a package's build is newer than its sources and settings. */
function isUpToDate(packageDirectory) {
  if (!existsSync(join(packageDirectory, "src"))) return true;
  const info = join(packageDirectory, "dist", ".tsbuildinfo");
  if (!existsSync(info)) return false;
  const built = statSync(info).mtimeMs;
  const settings = ["tsconfig.json", "package.json", "../../tsconfig.base.json"];
  const changed = settings.map((name) => statSync(join(packageDirectory, name)).mtimeMs);
  return Math.max(newestChange(join(packageDirectory, "src")), ...changed) <= built;
}

/**
 * Builds what is out of date. A package without a source file is not built.
 *
 * @returns {Promise<{ code: number, output: string }>} of `tsc -b`; code 0 and no output if nothing
 *   was to do
 */
export async function build() {
  const packages = readdirSync(join(root, "packages")).map((name) => join(root, "packages", name));
  if (packages.every(isUpToDate)) return { code: 0, output: "" };
  return run("tsc", ["-b"]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { code, output } = await build();
  process.stdout.write(output);
  process.exitCode = code;
}
