// Checks the house rules that no other tool checks: `node tools/tidy/tidy.mjs [folder or file …]`.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { applyExceptions } from "./allow-list.mjs";
import { fileName, lockFile, machinePaths, markdownBlocks, sourceRules } from "./rules.mjs";
import { parseSource } from "./source.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const leftOut = new Set([
  "node_modules",
  "dist",
  ".git",
  ".turbo",
  ".millrace",
  "coverage",
  "fixtures",
]);
const isText = /(?:\.(?:ts|mts|mjs|js|json|md|yml|yaml|sh|toml|sql|csv)|run|\.\w+rc)$/;
const isSource = /\.(?:ts|mts|mjs|js)$/;
/** What `pipe` bundles beside a pipeline file; a killed process leaves it. Git ignores it, too. */
const isBundle = /^\..+\.mjs$/;
const sizeMax = 2 * 1024 * 1024;

/** Paths of the repository's own text files, relative to its root. */
function listFiles(directory) {
  if (statSync(directory).isFile()) return [directory];
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    if (leftOut.has(entry.name) || isBundle.test(entry.name)) return [];
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return listFiles(path);
    return entry.isFile() && isText.test(entry.name) ? [path] : [];
  });
}

function readIfThere(path) {
  const file = join(root, path);
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

/** Findings of one file. @param {string} path relative to the root */
export function checkFile(path, text) {
  const findings = [
    ...fileName(path),
    ...machinePaths(path, text),
    ...lockFile(path, text),
    ...markdownBlocks(path, text, readIfThere),
  ];
  if (isSource.test(path)) {
    const source = parseSource(path, text);
    for (const rule of sourceRules) findings.push(...rule(source));
  }
  return findings.map((finding) => ({ ...finding, path }));
}

function main(args) {
  const folders = args.length > 0 ? args : ["."];
  const paths = folders.flatMap((folder) => listFiles(join(root, folder)));
  const found = paths
    .filter((path) => statSync(path).size <= sizeMax)
    .flatMap((path) =>
      checkFile(relative(root, path).replaceAll("\\", "/"), readFileSync(path, "utf8")),
    );
  const exceptions = JSON.parse(readFileSync(new URL("allow.json", import.meta.url), "utf8"));
  const isRead = ({ path }) => paths.includes(join(root, path)) || args.length === 0;
  const findings = applyExceptions(found, exceptions.filter(isRead));
  for (const { path, line, rule, text } of findings) {
    process.stdout.write(`${path}:${line}  ${rule}: ${text}\n`);
  }
  process.stdout.write(`${paths.length} files, ${findings.length} findings\n`);
  return findings.length === 0 ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.exitCode = main(process.argv.slice(2));
