import { isRight, type QueryOutcome } from "./run-query.ts";

const widths = [6, 46, 10, 10, 8, 12] as const;

/** The columns' names. */
export function printHead(): void {
  printCells(["query", "", "rows in", "rows out", "seconds", "rows/s", ""]);
}

/** One query's line, and examples of rows that differ. */
export function printRow(outcome: QueryOutcome): void {
  const { comparison, rowsRead, seconds } = outcome;
  const number = (value: number): string => Math.round(value).toLocaleString("en");
  printCells([
    outcome.query,
    outcome.title,
    number(rowsRead),
    comparison === undefined ? "" : number(comparison.rows),
    seconds.toFixed(2),
    number(rowsRead / seconds),
    verdict(outcome),
  ]);
  for (const example of comparison?.examples ?? []) process.stdout.write(`       ${example}\n`);
}

function verdict(outcome: QueryOutcome): string {
  const { comparison } = outcome;
  if (comparison === undefined) return "";
  if (isRight(outcome)) return "equal";
  return `wrong (${comparison.wrong} rows too many, ${comparison.missing} missing)`;
}

function printCells(cells: readonly string[]): void {
  const padded = cells.map((cell, index) => {
    const width = widths[index] ?? 0;
    return index < 2 ? cell.padEnd(width) : index < 6 ? cell.padStart(width) : `  ${cell}`;
  });
  process.stdout.write(`${padded.join(" ").trimEnd()}\n`);
}

/** One query's outcome as one JSON object. */
export function printJson(outcome: QueryOutcome): void {
  const { comparison, ...rest } = outcome;
  const isEqual = comparison === undefined ? null : isRight(outcome);
  process.stdout.write(`${JSON.stringify({ ...rest, isEqual, ...comparison })}\n`);
}
