import { existsSync } from "node:fs";

/** The folder of evaluation data, or undefined after saying loudly that nothing was evaluated. */
export function dataFolder() {
  const folder = process.env.MILLRACE_DATA;
  if (folder !== undefined && existsSync(folder)) return folder;
  console.error("SKIPPED: MILLRACE_DATA does not name a folder; nothing was evaluated.");
  return undefined;
}
