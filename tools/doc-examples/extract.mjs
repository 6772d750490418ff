// Turns the examples of docstrings into code that can run.
//
// X1. An example is a fence "ts import.meta.vitest" inside a documentation comment.
// X2. A line comment "=> value" after a statement says what the statement's expression (or what the
//   constant it declares) equals. "throws TEXT" says that it throws an error whose code or text
//   contains TEXT.
// X3. An example without such a comment must run without an error.
import { parseSync } from "oxc-parser";

const fence = /```ts import\.meta\.vitest\r?\n([\s\S]*?)```/g;

/**
 * The examples of a source file.
 *
 * @param {string} source
 * @returns {{ line: number, code: string }[]} 1-based line of the first line of code
 */
export function findExamples(source) {
  const examples = [];
  for (const match of source.matchAll(fence)) {
    const before = source.slice(0, match.index);
    const isComment = before.lastIndexOf("/**") > before.lastIndexOf("*/");
    if (!isComment) continue;
    const code = match[1].replaceAll(/^[ \t]*\* ?/gm, "").trimEnd();
    examples.push({ line: before.split("\n").length + 1, code });
  }
  return examples;
}

/**
 * The comment that states the result of a statement: on its last line, or alone on the next one.
 */
function statedResult(code, statement, comments) {
  const comment = comments.find(
    ({ start }) => start >= statement.end && /^;?\s*$/.test(code.slice(statement.end, start)),
  );
  const text = comment?.value.trim() ?? "";
  if (text.startsWith("=>")) return { equals: text.slice(2).trim() };
  if (text.startsWith("throws ")) return { throws: text.slice(7).trim() };
  return undefined;
}

function assertion(code, statement, result) {
  const text = code.slice(statement.start, statement.end);
  if (result.throws !== undefined) {
    return `await expectThrows(async () => { ${text} }, ${JSON.stringify(result.throws)});`;
  }
  if (statement.type === "ExpressionStatement") {
    const expression = code.slice(statement.expression.start, statement.expression.end);
    return `expect(await (${expression})).toEqual(${result.equals});`;
  }
  if (statement.type === "VariableDeclaration") {
    const declared = statement.declarations.at(-1).id;
    const end = declared.typeAnnotation?.start ?? declared.end;
    const name = code.slice(declared.start, end);
    return `${text}\nexpect(${name}).toEqual(${result.equals});`;
  }
  return text;
}

/**
 * The statements of an example with its stated results as assertions, as TypeScript.
 *
 * @throws SyntaxError where the example is not TypeScript
 */
export function exampleBody(code) {
  const { program, comments, errors } = parseSync("example.ts", code);
  if (errors.length > 0) throw new SyntaxError(`${errors[0].message} in the example:\n${code}`);
  return program.body
    .filter((statement) => statement.type !== "ImportDeclaration")
    .map((statement) => {
      const result = statedResult(code, statement, comments);
      return result === undefined
        ? code.slice(statement.start, statement.end)
        : assertion(code, statement, result);
    })
    .join(";\n");
}

const keywords = new Set(
  (
    "arguments as async await break case catch class const continue debugger default delete do else enum eval " +
    "export extends false finally for from function if implements import in instanceof interface let new null " +
    "of package private protected public return static super switch this throw true try type typeof undefined " +
    "var void while with yield expect expectThrows globalThis scope NaN Infinity"
  ).split(" "),
);

/** Every name that an example might take from its surroundings. */
export function namesIn(code) {
  const names = code.match(/[A-Za-z_$][\w$]*/g) ?? [];
  return [...new Set(names)].filter((name) => !keywords.has(name)).sort();
}

/**
 * A module that exports `examples`: `{ name, run(expect) }[]`. Names are looked up in the modules
 * given, the last one first, then among the globals.
 *
 * @param {{ name: string, code: string }[]} examples
 * @param {readonly string[]} modules specifiers
 */
export function examplesModule(examples, modules) {
  const imports = modules.map((m, i) => `import * as m${i} from ${JSON.stringify(m)};`);
  const scope = `const scope = { ${modules.map((_, i) => `...m${i}`).join(", ")} };`;
  const functions = examples.map(({ name, code }) => {
    const names = namesIn(code).map((n) => `${n} = globalThis.${n}`);
    return `{ name: ${JSON.stringify(name)}, async run(expect, expectThrows) {
const { ${names.join(", ")} } = scope;
{
${exampleBody(code)}
}
} }`;
  });
  return `${imports.join("\n")}\n${scope}\nexport const examples = [\n${functions.join(",\n")}\n];\n`;
}
