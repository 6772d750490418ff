import { createHash } from "node:crypto";
import { unlink } from "node:fs/promises";
import { createConnection, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { millraceError } from "@millrace/core";

/**
 * Tells a second run on the same state directory to go away, politely: the log's fencing would stop
 * one of the two anyway. A local socket that the operating system closes with the process, so a
 * killed run leaves no lock.
 *
 * @returns a function that gives the lock back
 * @throws RUN_ALREADY_RUNNING; LOG_STORAGE_FAILED when the directory of temporary files is not
 *   usable
 */
export async function lockState(
  stateDirectory: string,
  pipeline: string,
): Promise<() => Promise<void>> {
  const path = socketPath(stateDirectory, pipeline);
  if (await isAnswered(path)) {
    throw millraceError("RUN_ALREADY_RUNNING", { pipeline, stateDirectory });
  }
  const server = await takeOver(path);
  return () => new Promise((done) => server.close(() => done()));
}

/** Whether a run holds the lock now, in any process of this machine. */
export function isStateLocked(stateDirectory: string, pipeline: string): Promise<boolean> {
  return isAnswered(socketPath(stateDirectory, pipeline));
}

async function takeOver(path: string): Promise<Server> {
  try {
    if (process.platform !== "win32") await removeIfPresent(path);
    return await listen(path);
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw millraceError("LOG_STORAGE_FAILED", { path, problem }, { cause });
  }
}

function socketPath(stateDirectory: string, pipeline: string): string {
  const text = `${resolve(stateDirectory)}\0${pipeline}`;
  const name = `millrace-${createHash("sha256").update(text).digest("hex").slice(0, 24)}`;
  return process.platform === "win32" ? `\\\\.\\pipe\\${name}` : join(tmpdir(), `${name}.sock`);
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolveAnswer) => {
    const connection = createConnection(path);
    connection.once("connect", () => {
      connection.destroy();
      resolveAnswer(true);
    });
    connection.once("error", () => resolveAnswer(false));
  });
}

async function removeIfPresent(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

function listen(path: string): Promise<Server> {
  return new Promise((listening, failed) => {
    const server = createServer((connection) => connection.destroy());
    server.once("error", failed);
    server.listen(path, () => {
      server.unref();
      listening(server);
    });
  });
}
