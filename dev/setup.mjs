import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root, run, secondsSince } from "./run.mjs";

const readLock = (path) => JSON.parse(readFileSync(join(root, path), "utf8")).packages;

/**
 * Whether the installed packages are those of the lock file: npm notes what it installed. Versions
 * are compared, not times, since npm writes its note before the lock file.
 */
function isInstalled() {
  if (!existsSync(join(root, "node_modules/.package-lock.json"))) return false;
  const installed = readLock("node_modules/.package-lock.json");
  return Object.entries(readLock("package-lock.json")).every(
    ([path, { version, optional, link }]) => {
      // The repository's own packages are links; packages for other machines are not installed.
      const isOwn = link === true || !path.includes("node_modules/");
      const found = installed[path];
      return isOwn || (found === undefined ? optional === true : found.version === version);
    },
  );
}

/**
 * Installs the packages of the lock file unless they are there.
 *
 * @returns {Promise<boolean>} false when the installation failed; its output has been printed
 */
export async function setUp() {
  if (isInstalled()) return true;
  const start = performance.now();
  const installed = await run("npm", ["ci", "--no-audit", "--no-fund"], { output: "show" });
  process.stdout.write(`npm ci: ${secondsSince(start)}\n`);
  return installed.code === 0;
}
