import { escapeText } from "./escape.ts";

/** A piece of a report: HTML made by the functions of this package. */
export interface Block {
  readonly html: string;
}

/** A heading with its blocks. */
export interface Section {
  readonly title: string;
  readonly blocks: readonly Block[];
}

/** Paragraphs of plain text. */
export function text(...paragraphs: readonly string[]): Block {
  return { html: paragraphs.map((line) => `<p>${escapeText(line)}</p>`).join("\n") };
}

/** A list of plain sentences. */
export function list(items: readonly string[]): Block {
  return { html: `<ul>${items.map((item) => `<li>${escapeText(item)}</li>`).join("\n")}</ul>` };
}

/** A plot with a caption under it. `svg` is what a plot function gave. */
export function figure(svg: string, caption: string): Block {
  return { html: `<figure>${svg}<figcaption>${escapeText(caption)}</figcaption></figure>` };
}

/** Large numbers with what they count. */
export function keyFigures(
  figures: readonly { readonly value: string; readonly label: string }[],
): Block {
  const cells = figures.map(
    ({ value, label }) =>
      `<div><strong>${escapeText(value)}</strong><span>${escapeText(label)}</span></div>`,
  );
  return { html: `<div class="figures">${cells.join("")}</div>` };
}

/** Rows of cells already formatted; columns marked `isNumber` stand to the right. */
export function table(
  columns: readonly { readonly name: string; readonly isNumber?: boolean }[],
  rows: readonly (readonly string[])[],
): Block {
  const kind = columns.map((column) => (column.isNumber === true ? ' class="n"' : ""));
  const head = columns
    .map((c, k) => `<th scope="col"${kind[k]}>${escapeText(c.name)}</th>`)
    .join("");
  const body = rows.map(
    (row) => `<tr>${row.map((cell, k) => `<td${kind[k]}>${escapeText(cell)}</td>`).join("")}</tr>`,
  );
  const content = `<thead><tr>${head}</tr></thead><tbody>${body.join("\n")}</tbody>`;
  return { html: `<div class="scroll"><table>${content}</table></div>` };
}
