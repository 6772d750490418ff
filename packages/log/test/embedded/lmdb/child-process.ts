import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { build } from "esbuild";

/**
 * Bundles a script that imports the packages from source, beside this file so that `lmdb` resolves.
 */
export async function bundleScript(name: string, source: string): Promise<string> {
  const directory = await mkdtemp(join(import.meta.dirname, ".bundle-"));
  const result = await build({
    stdin: { contents: source, resolveDir: import.meta.dirname, loader: "ts" },
    bundle: true,
    write: false,
    platform: "node",
    format: "esm",
    conditions: ["@millrace/source"],
    external: ["lmdb", "lz4-napi", "snappy"],
  });
  const path = join(directory, `${name}.mjs`);
  await writeFile(path, (result.outputFiles[0] as { contents: Uint8Array }).contents);
  return path;
}

export async function removeBundle(path: string): Promise<void> {
  await rm(join(path, ".."), { recursive: true, force: true });
}

export interface Child {
  readonly process: ChildProcess;
  readonly lines: string[];
  readonly errors: () => string;
  readonly exited: Promise<{ code: number | null; signal: string | null }>;
}

/** Starts a script and collects its whole lines. */
export function startScript(path: string, args: readonly string[]): Child {
  const child = spawn(process.execPath, [path, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const lines: string[] = [];
  let rest = "";
  let errors = "";
  child.stdout.on("data", (chunk: Buffer) => {
    const parts = (rest + chunk.toString()).split("\n");
    rest = parts.pop() ?? "";
    lines.push(...parts);
  });
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  const exited = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.on("close", (code, signal) => resolve({ code, signal }));
  });
  return { process: child, lines, errors: () => errors, exited };
}
