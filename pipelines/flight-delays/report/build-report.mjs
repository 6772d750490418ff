import { unlink } from "node:fs/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

/**
 * Bundles the report's TypeScript, writes the page, and says what was found.
 *
 * @param {{ databaseFile: string, outputFile: string }} files
 * @returns {Promise<readonly string[]>} lines for the terminal
 */
export async function buildReport({ databaseFile, outputFile }) {
  const bundle = fileURLToPath(new URL(`.report.${process.pid}.mjs`, import.meta.url));
  await build({
    entryPoints: [fileURLToPath(new URL("index.ts", import.meta.url))],
    outfile: bundle,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    packages: "external",
    logLevel: "warning",
  });
  try {
    const { writeFlightReport, flightSummary } = await import(pathToFileURL(bundle).href);
    await writeFlightReport({ databaseFile, outputFile });
    return await flightSummary(databaseFile);
  } finally {
    await unlink(bundle);
  }
}
