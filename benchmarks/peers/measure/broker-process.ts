import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { processIds } from "./process-tree.ts";

/** The process that listens on a port of 127.0.0.1. @throws Error where none does */
export function listenerOf(port: number): number {
  const inode = ["/proc/net/tcp", "/proc/net/tcp6"]
    .map((file) => inodeOf(file, port))
    .find(Boolean);
  const pid = inode === undefined ? undefined : processIds().find((each) => holds(each, inode));
  if (pid === undefined) throw new Error(`No process listens on port ${port}.`);
  return pid;
}

const listening = "0A";

function inodeOf(file: string, port: number): string | undefined {
  const ending = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const lines = readFileSync(file, "utf8").split("\n").slice(1);
  const line = lines
    .map((text) => text.trim().split(/\s+/))
    .find(([, local = "", , state]) => local.endsWith(ending) && state === listening);
  return line?.[9];
}

function holds(pid: number, inode: string): boolean {
  const directory = `/proc/${pid}/fd`;
  try {
    return readdirSync(directory).some(
      (name) => readlinkSync(`${directory}/${name}`) === `socket:[${inode}]`,
    );
  } catch {
    // The process, or the file, is gone, or is not ours to look into: then it is not the broker.
    return false;
  }
}
