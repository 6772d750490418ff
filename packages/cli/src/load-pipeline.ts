import { createHash } from "node:crypto";
import { readFile, unlink, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { isMillraceError, millraceError } from "@millrace/core";
import { build } from "esbuild";
import type { CliEnvironment, LoadedPipeline } from "./environment.ts";

/**
 * Loads the pipeline that a file exports by default. TypeScript is bundled by esbuild (types are not checked); packages
 * stay imports, so the file shares Millrace with the command.
 *
 * @throws PIPELINE_FILE_NOT_FOUND, PIPELINE_FILE_INVALID, PIPELINE_FILE_FAILED
 */
export async function loadPipeline(
  path: string,
  environment: Pick<CliEnvironment, "isPipeline">,
): Promise<LoadedPipeline> {
  const file = resolve(path);
  await checkReadable(file, path);
  const bundle = await writeBundle(file, path);
  try {
    const loaded: { default?: unknown } = await importFile(bundle, path);
    if (environment.isPipeline(loaded.default)) return loaded.default;
  } finally {
    await unlink(bundle);
  }
  throw millraceError("PIPELINE_FILE_INVALID", {
    path,
    problem: "it does not export a pipeline by default",
  });
}

async function checkReadable(file: string, path: string): Promise<void> {
  try {
    await readFile(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EACCES") {
      throw millraceError("FILE_PERMISSION_DENIED", { path, action: "read" }, { cause: error });
    }
    throw millraceError("PIPELINE_FILE_NOT_FOUND", { path }, { cause: error });
  }
}

/** Beside the pipeline file, because that is where its imports are looked up; removed after loading. */
async function writeBundle(file: string, path: string): Promise<string> {
  try {
    const result = await build({
      entryPoints: [file],
      bundle: true,
      write: false,
      platform: "node",
      target: "node20",
      format: "esm",
      packages: "external",
      sourcemap: "inline",
      sourcesContent: false,
      logLevel: "silent",
    });
    const text = result.outputFiles[0]?.text ?? "";
    const hash = createHash("sha256").update(`${process.pid}\0${text}`).digest("hex").slice(0, 12);
    const bundle = join(dirname(file), `.${basename(file)}.${hash}.mjs`);
    await writeFile(bundle, text);
    return bundle;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EACCES") {
      throw millraceError("FILE_PERMISSION_DENIED", { path: dirname(path), action: "write" });
    }
    const problem = error instanceof Error ? error.message : String(error);
    throw millraceError("PIPELINE_FILE_INVALID", { path, problem }, { cause: error });
  }
}

async function importFile(bundle: string, path: string): Promise<{ default?: unknown }> {
  process.setSourceMapsEnabled(true);
  try {
    return (await import(pathToFileURL(bundle).href)) as { default?: unknown };
  } catch (error) {
    if (isMillraceError(error)) throw error;
    const problem = error instanceof Error ? error.message : String(error);
    throw millraceError("PIPELINE_FILE_FAILED", { path, problem }, { cause: error });
  }
}
