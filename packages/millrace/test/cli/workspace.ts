import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { DuckDBInstance } from "@duckdb/node-api";

/** The repository. */
export const root: string = fileURLToPath(new URL("../../../..", import.meta.url));

/** The built command. */
export const pipeFile: string = join(root, "packages", "millrace", "bin", "pipe.js");

/** Builds dist of every package unless it is up to date; the command runs from there. */
export async function buildPackages(): Promise<void> {
  await promisify(execFile)(process.execPath, [join(root, "dev", "build.mjs")]);
}

/** How a command ended and what it wrote. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Fails, with what the command wrote, unless it ended with this exit code. */
export function checkExit(ended: Ended, code: number): void {
  if (ended.code === code) return;
  const end = `ended with ${ended.code ?? ended.signal}, not ${code}`;
  throw new Error(`${end}:\n${ended.stdout}${ended.stderr}`);
}

/** Differences from a plain call of the command. */
export interface CallOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly uid?: number;
}

/** A command that runs. */
export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves when the text has been written to either stream; rejects when it ends before. */
  wrote(text: string): Promise<void>;
}

/** A directory of a test's own, in which packages of the repository can be imported. */
export class Workspace {
  readonly directory: string;

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async make(): Promise<Workspace> {
    const directory = await mkdtemp(join(tmpdir(), "millrace-cli-"));
    await chmod(directory, 0o755);
    await symlink(join(root, "node_modules"), join(directory, "node_modules"));
    return new Workspace(directory);
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  async write(name: string, text: string | Uint8Array): Promise<void> {
    await writeFile(this.path(name), text);
  }

  /** A directory below, which is removed with this one. */
  inside(name: string): Workspace {
    return new Workspace(this.path(name));
  }

  has(name: string): boolean {
    return existsSync(this.path(name));
  }

  /** Names in the directory, sorted, without the link to the packages. */
  async names(): Promise<string[]> {
    const names = await readdir(this.directory);
    return names.filter((name) => name !== "node_modules").toSorted();
  }

  start(words: readonly string[], options: CallOptions = {}): Running {
    return startProcess([pipeFile, ...words], this.directory, options);
  }

  /** Runs the command to its end. */
  pipe(words: readonly string[], options: CallOptions = {}): Promise<Ended> {
    return this.start(words, options).ended;
  }

  async removeBelow(name: string): Promise<void> {
    await rm(this.path(name), { recursive: true, force: true });
  }

  async remove(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** Starts Node with the words, in a directory. */
export function startProcess(
  words: readonly string[],
  directory: string,
  options: CallOptions = {},
): Running {
  const child = spawn(process.execPath, words, {
    cwd: directory,
    env: { ...process.env, NO_COLOR: "1", ...options.env },
    stdio: ["pipe", "pipe", "pipe"],
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
  });
  let stdout = "";
  let stderr = "";
  const watchers = new Set<() => void>();
  const check = (): void => watchers.forEach((watcher) => watcher());
  child.stdout.on("data", (chunk) => ((stdout += String(chunk)), check()));
  child.stderr.on("data", (chunk) => ((stderr += String(chunk)), check()));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  const wrote = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (!`${stdout}${stderr}`.includes(text)) return;
        watchers.delete(look);
        resolve();
      };
      watchers.add(look);
      ended.then(() => reject(new Error(`ended without ${text}:\n${stdout}${stderr}`)), reject);
      look();
    });
  return { child, ended, wrote };
}

/** Runs SQL in a database of its own (in memory), or on a database file read-only. */
export async function sql(
  text: string,
  databaseFile?: string,
): Promise<readonly Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  try {
    if (databaseFile !== undefined) {
      await connection.run(`ATTACH '${databaseFile}' AS d (READ_ONLY); USE d;`);
    }
    return (await connection.runAndReadAll(text)).getRowObjectsJson();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** The objects of newline-delimited JSON. */
export function jsonLines(text: string): Record<string, unknown>[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
