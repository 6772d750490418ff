// Wraps comment lines that are longer than 100 columns: `node tools/tidy/wrap-comments.mjs file …`.
// The formatter leaves comments alone. Tables and code in comments stay as they are.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { bounds } from "./rules.mjs";

const commentLine = /^(\s*(?:\*|\/\/)\s?)(.*)$/;
/** Begins something of its own, so that text of the line before is not put in front of it. */
const begins = /^(?:$|@|[-*|]\s|\*\*|\w{0,2}\d*\.\s|```|\|)/;

/**
 * The place to break a text of a line, so that the first part fits; undefined where there is none.
 */
function breakAt(text, columns) {
  const at = text.lastIndexOf(" ", columns);
  return at <= 0 ? undefined : at;
}

/** `/** text *\/` on three lines where it is too long for one. */
function expand(line) {
  const match = /^(\s*)\/\*\* (.*) \*\/$/.exec(line);
  if (match === null || line.length <= bounds.lineColumns) return [line];
  return [`${match[1]}/**`, `${match[1]} * ${match[2]}`, `${match[1]} */`];
}

/** @param {string} text a source file */
export function wrapComments(text) {
  const lines = text.split("\n").flatMap(expand);
  let isCode = false;
  for (let i = 0; i < lines.length; i++) {
    const [, prefix, content] = commentLine.exec(lines[i]) ?? [];
    if (prefix === undefined) continue;
    if (content.startsWith("```")) isCode = !isCode;
    if (isCode || content.startsWith("|") || lines[i].length <= bounds.lineColumns) continue;
    const at = breakAt(content, bounds.lineColumns - prefix.length);
    if (at === undefined) continue;
    const indent = /^(\s*)((?:-|@\w+|\w{0,2}\d*\.)\s)?/.exec(content);
    const hanging = indent[1] + (indent[2] === undefined ? "" : "  ");
    const rest = content.slice(at + 1);
    lines[i] = `${prefix}${content.slice(0, at)}`;
    const [, nextPrefix, next] = commentLine.exec(lines[i + 1] ?? "") ?? [];
    const flows = nextPrefix === prefix && next.startsWith(hanging) && !begins.test(next.trim());
    if (flows && next.trim() !== "/") {
      lines[i + 1] = `${prefix}${hanging}${rest} ${next.trim()}`;
    } else {
      lines.splice(i + 1, 0, `${prefix}${hanging}${rest}`);
    }
  }
  return lines.join("\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const path of process.argv.slice(2)) {
    const text = readFileSync(path, "utf8");
    const wrapped = wrapComments(text);
    if (wrapped !== text) writeFileSync(path, wrapped);
  }
}
