import { isRight, type QueryOutcome } from "./run-query.ts";

const widths = [6, 50, 10, 10, 8, 12] as const;

/** The columns' names. */
export function printHead(): void {
  printCells(["query", "", "rows in", "rows out", "seconds", "rows/s", ""]);
}

/** One query's line, and examples of rows that differ. */
export function printRow(outcome: QueryOutcome): void {
  const { verdict, rowsRead, seconds } = outcome;
  const number = (value: number): string => Math.round(value).toLocaleString("en");
  printCells([
    outcome.query,
    outcome.title,
    number(rowsRead),
    verdict === undefined ? "" : number(verdict.rows),
    seconds.toFixed(2),
    number(rowsRead / seconds),
    wordOf(outcome),
  ]);
  const examples = [...(verdict?.examples ?? []), ...(verdict?.late?.examples ?? [])];
  for (const example of examples) process.stdout.write(`       ${example}\n`);
}

function wordOf(outcome: QueryOutcome): string {
  const { verdict, rowsLate } = outcome;
  if (verdict === undefined) return "";
  const late = rowsLate === 0 ? "" : `, ${rowsLate.toLocaleString("en")} late`;
  if (isRight(outcome)) return `equal${late}`;
  const lateExpected =
    rowsLate === verdict.lateExpected ? late : `${late} of ${verdict.lateExpected}`;
  return `wrong (${verdict.wrong} rows too many, ${verdict.missing} missing${lateExpected})`;
}

function printCells(cells: readonly string[]): void {
  const padded = cells.map((cell, index) => {
    const width = widths[index] ?? 0;
    return index < 2 ? cell.padEnd(width) : index < 6 ? cell.padStart(width) : `  ${cell}`;
  });
  process.stdout.write(`${padded.join(" ").trimEnd()}\n`);
}

/** One query's outcome as one JSON object, with whatever else is known of it. */
export function printJson(outcome: QueryOutcome, more: object = {}): void {
  const { verdict, ...rest } = outcome;
  const isEqual = verdict === undefined ? null : isRight(outcome);
  process.stdout.write(`${JSON.stringify({ ...rest, isEqual, ...verdict, ...more })}\n`);
}
