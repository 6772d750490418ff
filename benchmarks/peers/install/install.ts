import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  accessSync,
  appendFileSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { delimiter, join } from "node:path";
import type { SoftwareName } from "../peer.ts";
import { recipes, type Recipe, type Step } from "./recipes.ts";

/** Software that is there, or why it is not. */
export type Installed = { readonly directory: string } | { readonly missing: string };

const marker = "installed.txt";

/**
 * Installs software into the cache unless it is there in this version. An installation that was
 * interrupted begins anew.
 *
 * @param onNote gets what is done
 * @param logFile takes what the commands write
 */
export async function install(
  name: SoftwareName,
  cache: string,
  logFile: string,
  onNote: (note: string) => void,
): Promise<Installed> {
  const recipe = recipes[name];
  const directory = join(cache, name);
  const state = contentOf(recipe);
  const file = join(directory, marker);
  if (existsSync(file) && readFileSync(file, "utf8") === state) return { directory };
  const needed = recipe.needs.find((program) => !isOnPath(program));
  if (needed !== undefined) return { missing: `the machine has no ${needed}` };
  onNote(`installing ${name} into ${directory}`);
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  recipe.prepare?.(directory);
  for (const step of recipe.steps(directory)) {
    const problem = await runStep(step, logFile);
    if (problem !== undefined) return { missing: `${name} could not be installed: ${problem}` };
  }
  writeFileSync(file, state);
  return { directory };
}

function contentOf({ files }: Recipe): string {
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest("hex");
}

function isOnPath(program: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((directory) => {
    const file = join(directory, program);
    if (!existsSync(file)) return false;
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Undefined where it went well; otherwise the last line that it wrote. */
function runStep({ program, args, cwd }: Step, logFile: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
    let last = "";
    const take = (bytes: Uint8Array): void => {
      appendFileSync(logFile, bytes);
      const lines = Buffer.from(bytes).toString().trim().split("\n");
      last = lines.at(-1) || last;
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.on("error", (error) => resolve(error.message));
    child.on("close", (code) => {
      resolve(code === 0 ? undefined : `${program} ended with ${code}: ${last}`);
    });
  });
}
