// The rules of tidy: each takes a file and gives its findings. What a linter or the formatter
// already checks is not repeated here.
import { visitNodes } from "./source.mjs";

/** Every bound of tidy. */
export const bounds = { functionLines: 70, fileLines: 500, lineColumns: 100, indexLines: 60 };

const isTest = (path) => /(^|\/)test\//.test(path);
const isPackageSource = (path) => /^packages\/[^/]+\/src\//.test(path);

/** A function of at most 70 lines is read without scrolling. Tests are tables and may be longer. */
function functionLength(source) {
  if (isTest(source.path)) return [];
  const findings = [];
  const types = ["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"];
  visitNodes(source, types, (node) => {
    const first = source.lineOf(node.start);
    const lines = source.lineOf(node.end - 1) - first + 1;
    if (lines <= bounds.functionLines) return;
    const text = `a function of ${lines} lines (at most ${bounds.functionLines})`;
    findings.push({ rule: "function-length", line: first, text });
  });
  return findings;
}

/** Lines that hold code: neither blank nor comment. */
function codeLines(source) {
  const commented = new Set();
  for (const { start, end } of source.comments) {
    const last = source.lineOf(end - 1);
    for (let line = source.lineOf(start); line <= last; line++) commented.add(line);
  }
  return source.lines.filter((line, i) => line.trim() !== "" && !commented.has(i + 1)).length;
}

/** A file holds one concept; comments do not count. */
function fileLength(source) {
  const count = codeLines(source);
  if (count <= bounds.fileLines) return [];
  return [
    {
      rule: "file-length",
      line: 1,
      text: `${count} lines of code (at most ${bounds.fileLines})`,
    },
  ];
}

/** Lines end at column 100, unless a string that cannot be broken crosses it. */
function lineLength(source) {
  const long = source.lines
    .map((text, index) => ({ line: index + 1, columns: [...text].length, text }))
    .filter(({ columns }) => columns > bounds.lineColumns);
  if (long.length === 0) return [];
  const covered = new Set();
  visitNodes(source, ["Literal", "TemplateLiteral"], (node) => {
    const isText = node.type === "TemplateLiteral" || typeof node.value !== "number";
    if (!isText) return;
    const last = source.lineOf(node.end - 1);
    for (let line = source.lineOf(node.start); line <= last; line++) covered.add(line);
  });
  return long
    .filter(({ line, text }) => !covered.has(line) && !text.includes("https://"))
    .map(({ line, columns }) => ({
      rule: "line-length",
      line,
      text: `${columns} columns (at most ${bounds.lineColumns})`,
    }));
}

const forbiddenWords = new Map([
  ["sliding", "hopping"],
  ["job", "pipeline"],
  ["grace", "allowed lateness"],
  ["manager", "a name for what it does"],
  ["handler", "a name for what it does"],
  ["processor", "operator"],
]);

const singular = (word) => word.toLowerCase().replace(/s$/, "");

/** The words of an identifier: `allowedLatenessMs` → allowed, lateness, ms. */
function wordsOf(identifier) {
  return identifier.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g) ?? [];
}

/** The forbidden word among the words, with the word to use; undefined when there is none. */
function forbiddenIn(words) {
  for (const [index, word] of words.entries()) {
    const instead = forbiddenWords.get(singular(word));
    if (instead !== undefined) return { word, instead };
    const next = (words[index + 1] ?? "").toLowerCase();
    const isOther = ["time", "times", "ordered", "order", "listener", "emitter", "target", "loop"];
    // CloudEvents is the name of a standard.
    const isNamed = isOther.includes(next) || words[index - 1]?.toLowerCase() === "cloud";
    if (singular(word) === "event" && !isNamed) return { word, instead: "record" };
  }
  return undefined;
}

/** One word per idea: GLOSSARY.md. Holds for identifiers and comments of the packages' sources. */
function words(source) {
  if (!isPackageSource(source.path)) return [];
  const findings = [];
  const report = (position, found) => {
    const text = `"${found.word}": say ${found.instead}`;
    findings.push({ rule: "word", line: source.lineOf(position), text });
  };
  const seen = new Set();
  visitNodes(source, ["Identifier"], (node) => {
    if (seen.has(node.name)) return;
    seen.add(node.name);
    const found = forbiddenIn(wordsOf(node.name));
    if (found !== undefined) report(node.start, found);
  });
  for (const comment of source.comments) {
    const prose = comment.value.replaceAll(/`[^`]*`|https?:\S+/g, "");
    const found = forbiddenIn(prose.match(/[A-Za-z]+/g) ?? []);
    if (found !== undefined) report(comment.start, found);
  }
  return findings;
}

/** `src/index.ts` is the package's wall: exports only. */
function indexFile(source) {
  if (!/^packages\/[^/]+\/src\/index\.ts$/.test(source.path)) return [];
  const findings = [];
  const lines = source.text.trimEnd().split("\n").length;
  if (lines > bounds.indexLines) {
    const text = `${lines} lines (at most ${bounds.indexLines})`;
    findings.push({ rule: "index-length", line: 1, text });
  }
  for (const node of source.program.body) {
    const isExport = /^Export(Named|All)Declaration$/.test(node.type) && node.source !== null;
    if (isExport) continue;
    const text = "an index holds exports of files only";
    findings.push({ rule: "index-exports", line: source.lineOf(node.start), text });
  }
  return findings;
}

const declaredName = (declaration) =>
  declaration.id?.name ?? declaration.declarations?.[0]?.id?.name ?? "?";

/** Every export of a package says what it is. */
function docstrings(source) {
  if (!isPackageSource(source.path)) return [];
  const documented = source.comments.filter((c) => c.type === "Block" && c.value.startsWith("*"));
  const others = source.comments.filter((c) => c.type === "Line");
  const findings = [];
  const seen = new Set();
  for (const node of source.program.body) {
    if (node.type !== "ExportNamedDeclaration" || node.declaration === null) continue;
    const name = declaredName(node.declaration);
    if (seen.has(name)) continue;
    seen.add(name);
    const isDocumented = documented.some(
      ({ end }) => end <= node.start && isGap(source.text, others, end, node.start),
    );
    if (isDocumented) continue;
    const text = `${name} is exported without a docstring`;
    findings.push({ rule: "docstring", line: source.lineOf(node.start), text });
  }
  return findings;
}

/** Whether only blanks and line comments (a lint directive) stand between two positions. */
function isGap(text, lineComments, from, to) {
  let rest = text.slice(from, to);
  for (const comment of lineComments) {
    if (comment.start >= from && comment.end <= to) {
      rest = rest.replace(text.slice(comment.start, comment.end), "");
    }
  }
  return rest.trim() === "";
}

/** The rules for TypeScript and JavaScript files. */
export const sourceRules = [functionLength, fileLength, lineLength, words, indexFile, docstrings];

/** Names that say nothing about what is inside. */
export function fileName(path) {
  const parts = path.split("/").map((part) => part.replace(/\..*$/, ""));
  const bad = parts.find((part) => /^(utils?|commons?|helpers?|misc)$/i.test(part));
  if (bad === undefined) return [];
  return [{ rule: "file-name", line: 1, text: `"${bad}" does not say what is inside` }];
}

const machinePath = /(?<![\w.~*$}])\/(?:home\/\w|Users\/\w|root\/|work\/|tmp\/)/;

/** A file must read the same on every machine. */
export function machinePaths(path, text) {
  return text
    .split("\n")
    .map((line, index) => ({ line: index + 1, found: machinePath.exec(line)?.[0] }))
    .filter(({ found }) => found !== undefined)
    .map(({ line, found }) => ({ rule: "machine-path", line, text: `names ${found}` }));
}

/** The lock file names no registry, so that an installation asks the one that is set. */
export function lockFile(path, text) {
  if (path !== "package-lock.json") return [];
  const line = text.split("\n").findIndex((l) => l.includes('"resolved": "http')) + 1;
  return line === 0 ? [] : [{ rule: "lock-file", line, text: "names a registry" }];
}

/**
 * A block "```ts file=examples/hello/hello.ts" is that file, or a part of it, word for word.
 *
 * @param {(path: string) => string | undefined} readFile
 */
export function markdownBlocks(path, text, readFile) {
  if (!path.endsWith(".md")) return [];
  const findings = [];
  for (const match of text.matchAll(/^```\w* file=(\S+)\n([\s\S]*?)^```/gm)) {
    const line = text.slice(0, match.index).split("\n").length;
    const file = readFile(match[1]);
    if (file === undefined) {
      findings.push({ rule: "markdown", line, text: `${match[1]} does not exist` });
    } else if (!file.includes(match[2].trimEnd())) {
      findings.push({ rule: "markdown", line, text: `the block is not a part of ${match[1]}` });
    }
  }
  return findings;
}
