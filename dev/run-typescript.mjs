import { join } from "node:path";
import { build } from "./build.mjs";
import { root, run } from "./run.mjs";
import { setUp } from "./setup.mjs";

const typescriptPrograms = new URL("typescript-programs.mjs", import.meta.url).href;

/**
 * Sets up, builds the packages, and runs a TypeScript program on them; processes that it forks can
 * be TypeScript too. What it prints is shown.
 *
 * @param {string} program path in the repository
 * @param {readonly string[]} args
 * @returns {Promise<number>} its exit code
 */
export async function runTypeScript(program, args) {
  if (!(await setUp())) return 3;
  const built = await build();
  if (built.code !== 0) {
    process.stderr.write(built.output);
    return built.code;
  }
  const words = ["--import", typescriptPrograms, join(root, program), ...args];
  const { code } = await run(process.execPath, words, { output: "show" });
  return code;
}
