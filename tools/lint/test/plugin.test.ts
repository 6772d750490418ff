import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

interface Finding {
  readonly code: string;
  readonly filename: string;
}

const root = fileURLToPath(new URL("../../..", import.meta.url));
const fixtures = fileURLToPath(new URL("fixtures", import.meta.url));
const files = readdirSync(fixtures, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts") && !name.endsWith("index.ts"))
  .sort();

// The fixtures are linted from a copy: the configuration leaves folders named fixtures out.
const directory = mkdtempSync(join(tmpdir(), "millrace-lint-"));
let findings: readonly Finding[] = [];

function lint(): string {
  const args = [
    join(root, "node_modules/oxlint/bin/oxlint"),
    "--format=json",
    `--config=${join(root, ".oxlintrc.json")}`,
    directory,
  ];
  try {
    return execFileSync(process.execPath, args, { cwd: root, encoding: "utf8" });
  } catch (error) {
    // Exit code 1 means that there are findings, which is the point.
    return (error as { stdout: string }).stdout;
  }
}

beforeAll(() => {
  cpSync(fixtures, directory, { recursive: true });
  findings = (JSON.parse(lint()) as { diagnostics: Finding[] }).diagnostics;
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

test.each(files)("%s is judged as its first line expects", (file) => {
  const expected = /expect: (.*)/.exec(readFileSync(join(fixtures, file), "utf8"))?.[1];
  const codes = findings
    .filter((finding) => finding.filename.replaceAll("\\", "/").endsWith(file))
    .map((finding) =>
      expected !== undefined && finding.code.includes(expected) ? expected : finding.code,
    );
  expect([...new Set(codes)]).toEqual(expected === "nothing" ? [] : [expected]);
});
