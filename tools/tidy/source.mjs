import { parseSync, Visitor } from "oxc-parser";

/**
 * A TypeScript or JavaScript file, read once for all rules.
 *
 * @typedef {object} SourceFile
 * @property {string} path relative to the repository's root, with "/"
 * @property {string} text
 * @property {readonly string[]} lines
 * @property {object} program its syntax tree
 * @property {readonly { type: "Line" | "Block", value: string, start: number, end: number }[]}
 *   comments
 * @property {(position: number) => number} lineOf 1-based line of a position
 */

/** Parses a file. @throws SyntaxError when it cannot be parsed @returns {SourceFile} */
export function parseSource(path, text) {
  const { program, comments, errors } = parseSync(path, text);
  if (errors.length > 0) throw new SyntaxError(`${path}: ${errors[0].message}`);
  const lines = text.split("\n");
  const starts = [];
  let position = 0;
  for (const line of lines) {
    starts.push(position);
    position += line.length + 1;
  }
  return { path, text, lines, program, comments, lineOf: (at) => lineAt(starts, at) };
}

/** 1-based index of the last start that is not after the position. */
function lineAt(starts, position) {
  let low = 0;
  let high = starts.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (starts[middle] <= position) low = middle;
    else high = middle;
  }
  return low + 1;
}

/** Calls `visit` for each node of one of the types. */
export function visitNodes(source, types, visit) {
  new Visitor(Object.fromEntries(types.map((type) => [type, visit]))).visit(source.program);
}
