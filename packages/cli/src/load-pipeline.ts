import { createHash } from "node:crypto";
import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import {
  type ErrorPlace,
  isMillraceError,
  type MillraceError,
  millraceError,
} from "@millrace/core";
import type { PlannedPipeline } from "@millrace/planner";
import { build, type BuildFailure } from "esbuild";
import type { CliEnvironment, LoadedPipeline, RunFlags } from "./environment.ts";

/** Loading never takes so long: a bundle of that age belongs to a process that was killed. */
const staleMs = 60_000;

/** A pipeline and the file that it came from. */
export interface PipelineFile {
  readonly pipeline: LoadedPipeline;
  /** What was imported: a bundle, which is there until `release`. */
  readonly module: URL;
  /** Removes the bundle. Idempotent. */
  release(): Promise<void>;
  /**
   * Plans it.
   *
   * @throws PLAN_INVALID with all problems; PIPELINE_FILE_FAILED when the callback throws
   */
  plan(flags: RunFlags): PlannedPipeline;
}

interface Bundle {
  readonly file: string;
  /** Absolute paths of the files that it was made of. */
  readonly sources: ReadonlySet<string>;
}

/**
 * Loads the pipeline that a file exports by default. TypeScript is bundled by esbuild (types are
 * not checked); packages stay imports, so the file shares Millrace with the command.
 *
 * @param isKept whether the bundle stays, as threads load it too: the caller releases it
 * @throws PIPELINE_FILE_NOT_FOUND, PIPELINE_FILE_INVALID, PIPELINE_FILE_FAILED,
 *   FILE_PERMISSION_DENIED
 */
export async function loadPipeline(
  path: string,
  environment: Pick<CliEnvironment, "isPipeline" | "plan">,
  isKept = false,
): Promise<PipelineFile> {
  const file = resolve(path);
  await checkReadable(file, path);
  const bundle = await writeBundle(file, path);
  const module = pathToFileURL(bundle.file);
  const release = (): Promise<void> => rm(bundle.file, { force: true });
  let isLoaded = false;
  let pipeline: unknown;
  try {
    pipeline = await importDefault(module, path, bundle);
    isLoaded = environment.isPipeline(pipeline);
  } finally {
    if (!isKept || !isLoaded) await release();
  }
  if (!environment.isPipeline(pipeline)) {
    const problem = "it does not export a pipeline by default";
    throw millraceError("PIPELINE_FILE_INVALID", { path, problem });
  }
  return {
    pipeline,
    module,
    release,
    plan(flags) {
      try {
        return environment.plan(pipeline, flags);
      } catch (error) {
        throw fileFailure(error, path, bundle);
      }
    },
  };
}

async function importDefault(module: URL, path: string, bundle: Bundle): Promise<unknown> {
  try {
    process.setSourceMapsEnabled(true);
    return ((await import(module.href)) as { default?: unknown }).default;
  } catch (error) {
    throw fileFailure(error, path, bundle);
  }
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

/**
 * Beside the pipeline file, because that is where its imports are looked up; removed after loading.
 */
async function writeBundle(file: string, path: string): Promise<Bundle> {
  const { text, sources } = await bundleText(file, path);
  const hash = createHash("sha256").update(`${process.pid}\0${text}`).digest("hex").slice(0, 12);
  const bundle = join(dirname(file), `.${basename(file)}.${hash}.mjs`);
  try {
    await writeFile(bundle, text);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "EACCES" && code !== "EROFS") throw error;
    const params = { path: dirname(file), action: "write" } as const;
    throw millraceError("FILE_PERMISSION_DENIED", params, { cause: error });
  }
  await removeStale(bundle, `.${basename(file)}.`);
  return { file: bundle, sources };
}

/** Removes what processes that were killed while loading have left. */
async function removeStale(bundle: string, prefix: string): Promise<void> {
  const directory = dirname(bundle);
  const { mtimeMs } = await stat(bundle);
  for (const name of await readdir(directory)) {
    const isBundle =
      name.startsWith(prefix) && /^[0-9a-f]{12}\.mjs$/.test(name.slice(prefix.length));
    if (!isBundle || name === basename(bundle)) continue;
    const path = join(directory, name);
    const other = await stat(path).catch(ifAbsent);
    if (other !== undefined && mtimeMs - other.mtimeMs > staleMs) await rm(path, { force: true });
  }
}

function ifAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}

async function bundleText(
  file: string,
  path: string,
): Promise<{ text: string; sources: ReadonlySet<string> }> {
  try {
    const result = await build({
      entryPoints: [file],
      // Not written: it tells the source map from where its paths are relative.
      outfile: join(dirname(file), "bundle.mjs"),
      bundle: true,
      write: false,
      metafile: true,
      platform: "node",
      target: "node20",
      format: "esm",
      packages: "external",
      sourcemap: "inline",
      sourcesContent: false,
      logLevel: "silent",
    });
    const text = result.outputFiles[0]?.text ?? "";
    const sources = Object.keys(result.metafile.inputs).map((source) => resolve(source));
    return { text, sources: new Set(sources) };
  } catch (error) {
    const first = (error as Partial<BuildFailure>).errors?.[0];
    const problem = first?.text ?? textOf(error);
    const place = first?.location;
    const where = place ? { file: resolve(place.file), line: place.line } : {};
    throw millraceError("PIPELINE_FILE_INVALID", { path, problem }, { cause: error, where });
  }
}

/** What the user's own code threw, with the innermost place in the user's own files. */
function fileFailure(error: unknown, path: string, bundle: Bundle): MillraceError {
  const where = placeInSources(error, bundle.sources);
  if (isMillraceError(error)) return error.problems.length > 0 ? error : error.at(where);
  const problem = textOf(error).replaceAll(bundle.file, path).replace(/\.$/, "");
  return millraceError("PIPELINE_FILE_FAILED", { path, problem }, { cause: error, where });
}

function placeInSources(error: unknown, sources: ReadonlySet<string>): ErrorPlace {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  for (const [, location, line] of stack.matchAll(/(?:\(|at )([^()\n]+):(\d+):\d+\)?$/gm)) {
    if (location === undefined || location.startsWith("node:")) continue;
    const isUrl = location.startsWith("file://");
    const file = isUrl ? fileURLToPath(location) : location;
    if (sources.has(file)) return { file, line: Number(line) };
  }
  return {};
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
