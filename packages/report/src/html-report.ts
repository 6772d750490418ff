import { escapeText } from "./escape.ts";
import type { Section } from "./section.ts";
import { styleSheet } from "./style-sheet.ts";

/** What a report consists of. */
export interface ReportOptions {
  readonly title: string;
  readonly subtitle: string;
  readonly sections: readonly Section[];
}

/**
 * One HTML page that holds everything it shows: no script, no font, no picture from elsewhere.
 *
 * Light or dark as the reader's system is; prints. The same options give the same bytes.
 */
export function htmlReport(options: ReportOptions): string {
  const { title, subtitle, sections } = options;
  const body = sections.map(
    (section) =>
      `<section><h2>${escapeText(section.title)}</h2>\n` +
      `${section.blocks.map((block) => block.html).join("\n")}\n</section>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeText(title)}</title>
<style>${styleSheet}</style>
</head>
<body>
<header><h1>${escapeText(title)}</h1><p>${escapeText(subtitle)}</p></header>
<main>
${body.join("\n")}
</main>
</body>
</html>
`;
}
