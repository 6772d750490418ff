import { mkdir, readdir, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { millraceError } from "@millrace/core";
import type { Command } from "commander";
import type { CliEnvironment } from "../environment.ts";
import { starterFiles } from "../starter-files.ts";

/** `pipe init [directory]`: a small pipeline with data, ready to run. */
export function addInitCommand(program: Command, environment: CliEnvironment): void {
  program
    .command("init")
    .description("make a small pipeline with data, ready to run")
    .argument("[directory]", "a new or empty directory", "my-pipeline")
    .action(async (directory: string) => {
      const target = resolve(directory);
      await makeEmptyDirectory(target, directory);
      for (const [name, text] of starterFiles(basename(target), environment.version)) {
        await writeFile(join(target, name), text);
      }
      environment.stdout(
        `Made ${directory}. Now:\n  cd ${directory}\n  npm install\n  npx pipe run pipeline.ts\n`,
      );
    });
}

async function makeEmptyDirectory(target: string, path: string): Promise<void> {
  try {
    await mkdir(target, { recursive: true });
    if ((await readdir(target)).length === 0) return;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EACCES" || code === "EROFS") {
      throw millraceError("FILE_PERMISSION_DENIED", { path, action: "write" }, { cause: error });
    }
    if (code !== "EEXIST" && code !== "ENOTDIR") throw error;
  }
  throw millraceError("DIRECTORY_NOT_EMPTY", { path });
}
