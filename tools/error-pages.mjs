// Writes docs/errors/<CODE>.md from the catalogue: `node tools/error-pages.mjs`. Notes written by
// hand stay. With --check nothing is written: the exit code is 1 when a page is missing, stale or
// without a code.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "../dev/build.mjs";
import { root } from "../dev/run.mjs";
import { errorIndex, errorPages } from "./error-pages/page.mjs";
import { sampleParams } from "./error-pages/sample.mjs";

const directory = join(root, "docs/errors");

function readPage(code) {
  const path = join(directory, `${code}.md`);
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

const isCheck = process.argv.includes("--check");
await build();
const core = await import("../packages/core/dist/index.js");
const pages = errorPages(core, sampleParams(), readPage);
pages.set("README", errorIndex([...pages.keys()]));
mkdirSync(directory, { recursive: true });

const problems = [];
for (const [code, text] of pages) {
  if (readPage(code) === text) continue;
  problems.push(`docs/errors/${code}.md is missing or stale`);
  if (!isCheck) writeFileSync(join(directory, `${code}.md`), text);
}
for (const file of readdirSync(directory)) {
  if (pages.has(file.replace(/\.md$/, ""))) continue;
  problems.push(`docs/errors/${file} is the page of no code`);
  if (!isCheck) rmSync(join(directory, file));
}
if (isCheck) {
  for (const problem of problems) process.stdout.write(`${problem}\n`);
  if (problems.length > 0) process.stdout.write("Run: node tools/error-pages.mjs\n");
  process.exitCode = problems.length > 0 ? 1 : 0;
}
