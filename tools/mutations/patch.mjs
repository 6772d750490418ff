// A mutation is a file `<package>/test/mutations/<operator>-<what>.patch`: the tests that must
// catch it, then a unified diff of one source file.
//
//   tests: packages/operators/test/sample.test.ts
//   --- packages/operators/src/sample.ts
//   +++ packages/operators/src/sample.ts
//   @@
//    kept line
//   -old line
//   +new line
//
// A hunk's lines stand once in the file; line numbers are not needed, so a patch lives as long as
// the code it changes.

/**
 * @param {string} text of a patch
 * @returns {{ tests: string[], file: string, hunks: { before: string, after: string }[] }}
 */
export function readPatch(text) {
  const lines = text.split("\n");
  const tests = /^tests: (.+)$/.exec(lines[0] ?? "")?.[1]?.split(" ") ?? [];
  const file = lines.find((line) => line.startsWith("--- "))?.slice(4);
  if (tests.length === 0 || file === undefined) {
    throw new Error("a mutation names its tests and its file");
  }
  const hunks = [];
  for (const line of lines) {
    if (line.startsWith("@@")) hunks.push({ before: [], after: [] });
    const hunk = hunks.at(-1);
    if (hunk === undefined || line.startsWith("@@")) continue;
    if (line.startsWith(" ") || line.startsWith("-")) hunk.before.push(line.slice(1));
    if (line.startsWith(" ") || line.startsWith("+")) hunk.after.push(line.slice(1));
  }
  if (hunks.length === 0) throw new Error("a mutation has a hunk");
  const joined = hunks.map((h) => ({ before: h.before.join("\n"), after: h.after.join("\n") }));
  return { tests, file, hunks: joined };
}

/**
 * The source with the hunks in place.
 *
 * @param {string} source
 * @param {readonly { before: string, after: string }[]} hunks
 * @throws Error when a hunk's lines do not stand in the source, or stand there twice
 */
export function applyHunks(source, hunks) {
  let changed = source;
  for (const { before, after } of hunks) {
    const parts = changed.split(before);
    if (parts.length !== 2) {
      throw new Error(`the lines stand ${parts.length - 1} times in the file:\n${before}`);
    }
    changed = parts.join(after);
  }
  return changed;
}
