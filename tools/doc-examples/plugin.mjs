import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { examplesModule, findExamples } from "./extract.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const prefix = "virtual:doc-examples/";

/**
 * The examples of a package: `{ name: "src/types/t.ts:83", code }`, in the order of files and
 * lines.
 */
function packageExamples(name) {
  const directory = join(root, "packages", name);
  const source = join(directory, "src");
  if (!existsSync(source)) return [];
  return readdirSync(source, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .sort()
    .flatMap((file) => {
      const path = join(source, file);
      const place = relative(directory, path).replaceAll("\\", "/");
      return findExamples(readFileSync(path, "utf8")).map((example) => ({
        name: `${place}:${example.line}`,
        code: example.code,
      }));
    });
}

/** What the examples of a package may name without importing it. */
function packageModules(name) {
  const own = name === "millrace" ? "millrace" : `@millrace/${name}`;
  return [...new Set(["@millrace/core", own])];
}

function allExamplesModule() {
  const packages = readdirSync(join(root, "packages"))
    .map((name) => ({ name, titles: packageExamples(name).map((e) => e.name) }))
    .filter(({ titles }) => titles.length > 0);
  const entries = packages.map(
    ({ name, titles }) =>
      `{ name: ${JSON.stringify(name)}, titles: ${JSON.stringify(titles)}, ` +
      `load: () => import(${JSON.stringify(`${prefix}${name}.ts`)}) }`,
  );
  return `export const packages = [\n${entries.join(",\n")}\n];\n`;
}

/**
 * Serves the examples of docstrings to `tools/doc-examples/test`: `virtual:doc-examples/all.ts`
 * lists them by package, `virtual:doc-examples/<package>.ts` runs them.
 *
 * @returns {import("vite").Plugin}
 */
export function docExamples() {
  return {
    name: "doc-examples",
    resolveId(id) {
      // Inside the tools' folder, so that bare specifiers resolve from the repository's root.
      return id.startsWith(prefix)
        ? join(root, "tools/doc-examples/$", id.slice(prefix.length))
        : undefined;
    },
    load(id) {
      const name = /tools[\\/]doc-examples[\\/]\$[\\/](.+)\.ts$/.exec(id)?.[1];
      if (name === undefined) return undefined;
      if (name === "all") return allExamplesModule();
      return examplesModule(packageExamples(name), packageModules(name));
    },
  };
}
