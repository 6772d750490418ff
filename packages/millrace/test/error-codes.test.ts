import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { catalogue } from "@millrace/core";
import { expect, test } from "vitest";
import { root } from "./cli/workspace.ts";

/** Codes that no test raises, each with the reason. A code that gets a test leaves the list. */
const unraised: Readonly<Record<string, string>> = {};

const own = "error-codes.test.ts";

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.m?[jt]s$/.test(entry.name) && entry.name !== own)
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !/[/\\](node_modules|dist)[/\\]/.test(file));
}

/** Folders of tests; the suites of `conformance` are run by the tests of what they check. */
function testFolders(): string[] {
  const folders = ["packages", "examples", "pipelines"].flatMap((area) =>
    readdirSync(join(root, area), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(root, area, entry.name)),
  );
  const tests = folders.filter((folder) => readdirSync(folder).includes("test"));
  return [
    ...tests.map((folder) => join(folder, "test")),
    join(root, "packages", "conformance", "src", "suites"),
  ];
}

const words = new Set(
  testFolders()
    .flatMap(filesBelow)
    .flatMap((file) => readFileSync(file, "utf8").match(/\b[A-Z]+(?:_[A-Z]+)+\b/g) ?? []),
);

test.each(Object.keys(catalogue))("%s is raised by a test, or listed with the reason", (code) => {
  expect({ isRaised: words.has(code) }).toEqual({ isRaised: !(code in unraised) });
});

test("the list names codes of the catalogue only", () => {
  expect(Object.keys(unraised).filter((code) => !(code in catalogue))).toEqual([]);
});
