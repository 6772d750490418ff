import { expect, test } from "vitest";
import { exampleBody, findExamples, namesIn } from "../extract.mjs";

const fence = "```";

test("an example is found with its line and without the comment's stars", () => {
  const source = `/**\n * Doubles.\n *\n * ${fence}ts import.meta.vitest\n * double(2) // => 4\n * ${fence}\n */\n`;
  expect(findExamples(source)).toEqual([{ line: 5, code: "double(2) // => 4" }]);
});

test("a fence outside a documentation comment is not an example", () => {
  expect(findExamples(`const text = "${fence}ts import.meta.vitest\nx\n${fence}";`)).toEqual([]);
});

test("an expression with a stated result becomes an assertion", () => {
  expect(exampleBody("double(\n  2,\n); // => 4")).toBe(
    "expect(await (double(\n  2,\n))).toEqual(4);",
  );
});

test("a constant with a stated result is declared and asserted", () => {
  expect(exampleBody("const four: number = double(2); // => 4")).toBe(
    "const four: number = double(2);\nexpect(four).toEqual(4);",
  );
});

test("a stated error becomes an expectation of it", () => {
  expect(exampleBody("double(null) // throws TypeError")).toContain(
    'await expectThrows(async () => { double(null) }, "TypeError");',
  );
});

test("a comment that states nothing changes nothing", () => {
  expect(exampleBody("double(2) // a comment")).toBe("double(2)");
});

test("an example that is not TypeScript is refused", () => {
  expect(() => exampleBody("const = 3")).toThrow(SyntaxError);
});

test("names exclude keywords", () => {
  expect(namesIn("await run(rows)")).toEqual(["rows", "run"]);
});
