import { execFile } from "node:child_process";

/** Runs Node with other settings; an undefined one is removed. */
export function runNode(
  words: readonly string[],
  env: Record<string, string | undefined>,
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, ...env } };
    execFile(process.execPath, words, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code;
      resolve({ code: typeof code === "number" ? code : 1, stdout, stderr });
    });
  });
}
