import { rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

/**
 * Bundles a TypeScript file into an .mjs file; packages stay imports.
 *
 * @param {string} source
 * @param {string} target beside the source, where the packages are looked up
 */
export async function bundleTypeScript(source, target) {
  const { build } = await import("esbuild");
  await build({
    entryPoints: [source],
    outfile: target,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    packages: "external",
    logLevel: "warning",
  });
}

/**
 * Imports a TypeScript file on Node 20, which cannot do so by itself.
 *
 * @param {string} source absolute path
 * @returns {Promise<object>} the module
 */
export async function importTypeScript(source) {
  const target = join(dirname(source), `.${basename(source)}.${process.pid}.mjs`);
  try {
    await bundleTypeScript(source, target);
    return await import(pathToFileURL(target).href);
  } finally {
    rmSync(target, { force: true });
  }
}
