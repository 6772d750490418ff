import { spawn } from "node:child_process";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's root directory. */
export const root = fileURLToPath(new URL("..", import.meta.url)).replace(/[\\/]$/, "");

/**
 * Runs a program in the repository's root and waits for its end.
 *
 * @param {string} command a program on PATH or of an installed package
 * @param {readonly string[]} args
 * @param {{
 *   output?: "show" | "collect",
 *   env?: Record<string, string>,
 *   timeoutMs?: number,
 * }} [options] `show` passes the output on; `collect` (the default) returns it; the program is
 *   ended after `timeoutMs`
 * @returns {Promise<{ code: number, output: string }>} code 127 when the program cannot be started
 */
export function run(command, args, options = {}) {
  const quiet = options.output !== "show";
  const path = [join(root, "node_modules", ".bin"), process.env.PATH ?? ""].join(delimiter);
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1", ...options.env, PATH: path },
      timeout: options.timeoutMs ?? 0,
      stdio: ["ignore", quiet ? "pipe" : "inherit", quiet ? "pipe" : "inherit"],
    });
    let output = "";
    child.stdout?.on("data", (chunk) => (output += chunk));
    child.stderr?.on("data", (chunk) => (output += chunk));
    child.on("error", (error) => resolve({ code: 127, output: `${output}${error.message}\n` }));
    child.on("close", (code) => resolve({ code: code ?? 1, output }));
  });
}

/** Seconds since a `performance.now()`, as text: `1.2 s`. */
export function secondsSince(startMs) {
  return `${((performance.now() - startMs) / 1000).toFixed(1)} s`;
}
