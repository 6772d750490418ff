import { mkdir, readdir, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { millraceError } from "@millrace/core";
import type { Command } from "commander";
import type { CliEnvironment, RegistrySettings, RegistryUser } from "../environment.ts";
import { schemaStarterFiles, starterFiles } from "../starter-files.ts";

const fromHelp =
  "make the row type of a schema: a file .avsc, .proto or .json, registry+http://host:port/SUBJECT, " +
  "or kafka://host:port/TOPIC";

/** `pipe init [directory]`: a small pipeline with data, ready to run; or one that reads a topic. */
export function addInitCommand(program: Command, environment: CliEnvironment): void {
  program
    .command("init")
    .description("make a small pipeline with data, ready to run")
    .argument("[directory]", "a new or empty directory", "my-pipeline")
    .option("--from <schema>", fromHelp)
    .option("--registry <url>", "with --from kafka://…: the registry that has the topic's schema")
    .action(async (directory: string, { from, registry }: { from?: string; registry?: string }) => {
      const target = resolve(directory);
      const { version } = environment;
      // First: where there is no schema, no directory is made.
      const source =
        from === undefined
          ? undefined
          : await environment.schemaSource(from, registrySettings(registry, process.env));
      await makeEmptyDirectory(target, directory);
      const files =
        source === undefined
          ? starterFiles(basename(target), version)
          : schemaStarterFiles(basename(target), version, source);
      for (const [name, text] of files) await writeFile(join(target, name), text);
      const run = source === undefined ? "" : ` --log ${source.log ?? "<directory>"}`;
      environment.stdout(
        `Made ${directory}. Now:\n  cd ${directory}\n  npm install\n  npx pipe run pipeline.ts${run}\n`,
      );
    });
}

function registrySettings(url: string | undefined, settings: NodeJS.ProcessEnv): RegistrySettings {
  const user = registryUser(settings);
  return { ...(url === undefined ? {} : { url }), ...(user === undefined ? {} : { user }) };
}

/** Who asks a registry, as the environment says. */
function registryUser(settings: NodeJS.ProcessEnv): RegistryUser | undefined {
  const user = settings["MILLRACE_REGISTRY_USER"];
  if (user !== undefined) return { user, passwordVariable: "MILLRACE_REGISTRY_PASSWORD" };
  const tokenVariable = "MILLRACE_REGISTRY_TOKEN";
  return settings[tokenVariable] === undefined ? undefined : { tokenVariable };
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
