import { expect, test } from "vitest";
import { wrapComments } from "../wrap-comments.mjs";

const words = (count: number): string => Array.from({ length: count }, () => "word").join(" ");

test("a long line flows into the line after it", () => {
  expect(wrapComments(`/**\n * ${words(21)}\n * end\n */`)).toBe(
    `/**\n * ${words(19)}\n * word word end\n */`,
  );
});

test("a long one-line docstring becomes a block", () => {
  expect(wrapComments(`/** ${words(20)} */`)).toBe(`/**\n * ${words(19)}\n * word\n */`);
});

test("a list item goes on with an indent and not into the next item", () => {
  expect(wrapComments(`// - ${words(20)}\n// - next`)).toBe(
    `// - ${words(19)}\n//   word\n// - next`,
  );
});

test("tables, code and code lines stay as they are", () => {
  const text = `// | ${words(30)} |\n// \`\`\`\n// ${words(30)}\n// \`\`\`\nconst x = "${words(30)}";`;
  expect(wrapComments(text)).toBe(text);
});

test("what is short enough stays as it is", () => {
  expect(wrapComments("/** Short. */")).toBe("/** Short. */");
});
