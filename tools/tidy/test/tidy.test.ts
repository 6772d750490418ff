import { expect, test } from "vitest";
import { applyExceptions } from "../allow-list.mjs";
import { checkFile } from "../tidy.mjs";

const source = "packages/runtime/src/task.ts";
const rulesOf = (path: string, text: string): string[] => checkFile(path, text).map((f) => f.rule);
const statements = (count: number): string => "  run();\n".repeat(count);
const longPath = ["", "home", "ada", "x"].join("/");

test.each([
  ["function-length", source, `/** Runs. */\nexport function f(): void {\n${statements(69)}}\n`],
  [
    "function-length",
    source,
    `/** Runs. */\nexport const f = (): void => {\n${statements(69)}};\n`,
  ],
  ["file-length", source, statements(501)],
  ["line-length", source, `// ${"x".repeat(98)}\n`],
  ["word", source, "const eventHandler = 1;\n"],
  ["word", source, "const jobId = 1;\n"],
  ["word", source, "const inputEvents = 1;\n"],
  ["word", source, "// A sliding window.\n"],
  ["word", source, "/* Takes the next event. */\n"],
  ["index-length", "packages/runtime/src/index.ts", 'export * from "./task.ts";\n'.repeat(61)],
  ["index-exports", "packages/runtime/src/index.ts", "const x = 1;\n"],
  ["docstring", source, "export const bound = 1;\n"],
  ["docstring", source, "// Not a docstring.\nexport interface Task {}\n"],
  ["file-name", "packages/runtime/src/utils.ts", ""],
  ["file-name", "packages/runtime/src/helpers/rows.ts", ""],
  ["machine-path", "docs/guide/start.md", `cd ${longPath}\n`],
  ["lock-file", "package-lock.json", '{\n"resolved": "https://example.org"\n}'],
  ["markdown", "README.md", "```ts file=no/such/file.ts\n1;\n```\n"],
  ["markdown", "README.md", "```json file=package.json\nnot in there\n```\n"],
])("%s is found in %s", (rule, path, text) => {
  expect(rulesOf(path, text)).toEqual([rule]);
});

test.each([
  [
    "a function of 70 lines",
    source,
    `/** Runs. */\nexport function f(): void {\n${statements(68)}}\n`,
  ],
  ["a long string", source, `const text = "${"x".repeat(120)}";\n`],
  ["CloudEvents", source, "// CloudEvents.\nconst cloudEventOf = 1;\n"],
  ["event time", source, "// Event time, event-time order.\nconst eventTimeMs = 1;\n"],
  ["graceful", source, "// Stops gracefully.\n"],
  ["code in a comment", source, "// As `EventHandler` of the DOM.\n"],
  [
    "a docstring before a lint directive",
    source,
    "/** Any. */\n// A reason.\nexport type A = 1;\n",
  ],
  [
    "an overload",
    source,
    "/** A. */\nexport function f(): void;\nexport function f(a?: 1): void {}\n",
  ],
  ["words in a test", "packages/runtime/test/task.test.ts", "const handler = 1;\n"],
])("%s is accepted", (_name, path, text) => {
  expect(rulesOf(path, text)).toEqual([]);
});

const finding = { rule: "word", path: source, line: 1, text: "" };
const exception = { rule: "word", path: source, count: 1, reason: "The protocol's own word." };

test("an exception with a reason accepts its findings", () => {
  expect(applyExceptions([finding], [exception])).toEqual([]);
});

test("an exception accepts no more findings than it counts", () => {
  expect(applyExceptions([finding, finding], [exception])).toHaveLength(2);
});

test("an exception that accepts more than there is must be lowered", () => {
  expect(applyExceptions([], [exception])).toMatchObject([{ rule: "allow-list" }]);
});

test("an exception needs a reason", () => {
  expect(applyExceptions([finding], [{ ...exception, reason: " " }])).toHaveLength(1);
});
