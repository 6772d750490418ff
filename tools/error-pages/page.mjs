/** What stands between the generated part of a page and the part that is written by hand. */
const notesHeading = "## Notes";

const noNotes = `${notesHeading}\n\n<!-- Written by hand: kept when the page is generated again. -->\n`;

const reasons = {
  user: "Something in the pipeline, its input or the command is not as Millrace needs it.",
  external: "A system outside Millrace (disk, database, network) did not do what was asked of it.",
  internal: "Millrace met a state that it did not expect, or another run got in its way.",
};

const retries = {
  never: "never: the same call fails again until something changes",
  backoff: "with growing pauses: the same call may succeed later",
};

const exitCodes = {
  1: "1, the run failed",
  2: "2, the pipeline is not valid",
  3: "3, the environment is not ready",
};

/** The hand-written end of an existing page. */
function notesOf(page) {
  const at = page?.indexOf(`\n${notesHeading}`) ?? -1;
  return at < 0 ? noNotes : page.slice(at + 1);
}

/**
 * The page of an error code.
 *
 * @param {string} code
 * @param {{ domain: string, retry: string, exitCode: number, hint: string }} spec
 * @param {{ message: string, printed: string }} example
 * @param {string | undefined} existing the page as it is, whose notes are kept
 */
function errorPage(code, spec, example, existing) {
  const why =
    code.startsWith("RECORD_") || code.startsWith("EXPRESSION_CAST")
      ? "A record holds something that its row type, or the step it met, does not allow."
      : reasons[spec.domain];
  return `# ${code}

## What happened

${example.message}

## Why

${why}

## What to do

${spec.hint}

| | |
|---|---|
| Domain | ${spec.domain} |
| Retried | ${retries[spec.retry]} |
| Exit code of \`pipe\` | ${exitCodes[spec.exitCode]} |

## As printed

\`\`\`text
${example.printed}
\`\`\`

${notesOf(existing)}`;
}

/**
 * All pages by code.
 *
 * @param {object} core the package `@millrace/core`
 * @param {Readonly<Record<string, object>>} params sample parameters by code
 * @param {(code: string) => string | undefined} readPage
 * @returns {Map<string, string>}
 */
export function errorPages(core, params, readPage) {
  const codes = Object.keys(core.catalogue).sort();
  return new Map(
    codes.map((code) => {
      const error = core.millraceError(code, params[code] ?? {});
      const example = { message: error.message, printed: core.formatError(error) };
      return [code, errorPage(code, core.catalogue[code], example, readPage(code))];
    }),
  );
}

/** The list of all pages. @param {readonly string[]} codes */
export function errorIndex(codes) {
  const lines = codes.map((code) => `- [${code}](./${code}.md)`);
  return `# Errors\n\nEvery code that Millrace prints has a page here.\n\n${lines.join("\n")}\n`;
}
