import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import * as core from "@millrace/core";
import { errorPages } from "../page.mjs";
import { sampleParams } from "../sample.mjs";

const directory = fileURLToPath(new URL("../../../docs/errors/", import.meta.url));
const codes = Object.keys(core.catalogue);

function readPage(code: string): string | undefined {
  const path = `${directory}${code}.md`;
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

test.each(codes)("%s has a page that says what the catalogue says", (code) => {
  const pages = errorPages(core, sampleParams(), readPage);
  expect(readPage(code)).toBe(pages.get(code));
});

test("every page is the page of a code", () => {
  const pages = readdirSync(directory).map((file) => file.replace(/\.md$/, ""));
  expect(pages.filter((name) => name !== "README" && !codes.includes(name))).toEqual([]);
});

test("every parameter of every message has a sample", () => {
  expect(Object.keys(sampleParams()).sort()).toEqual([...codes].sort());
});

test("notes written by hand are kept", () => {
  const notes = "## Notes\n\nSeen with full disks.\n";
  const pages = errorPages(core, sampleParams(), () => `# Old\n\n${notes}`);
  expect(pages.get("FILE_NOT_FOUND")).toMatch(new RegExp(`${notes}$`));
});
