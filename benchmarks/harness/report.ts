/** One figure of a benchmark. */
export interface BenchLine {
  readonly case: string;
  readonly value: number;
  /** Such as "rows/cpu-s"; the value grows with speed unless `lowerIsBetter`. */
  readonly unit: string;
  /** The same figure of what it is compared with. */
  readonly baseline?: number;
  /** What `baseline` is of. */
  readonly against?: string;
  readonly lowerIsBetter?: boolean;
}

/** Prints the lines of a benchmark: a table for people, or with `--json` an object a line. */
export function printLines(bench: string, lines: readonly BenchLine[]): void {
  if (process.argv.includes("--json")) {
    for (const line of lines) {
      const { value, baseline = null } = line;
      const ratio = baseline === null ? null : round(value / baseline);
      const { case: name, unit, against, lowerIsBetter } = line;
      console.log(
        JSON.stringify({
          bench,
          case: name,
          value: round(value),
          unit,
          baseline: baseline === null ? null : round(baseline),
          ratio,
          ...(against === undefined ? {} : { against }),
          ...(lowerIsBetter === true ? { lowerIsBetter } : {}),
        }),
      );
    }
    return;
  }
  printTable([
    [bench, "value", "unit", "ratio", ""],
    ...lines.map((line) => [
      line.case,
      formatNumber(line.value),
      line.unit + (line.lowerIsBetter === true ? " ↓" : ""),
      line.baseline === undefined ? "" : `${(line.value / line.baseline).toPrecision(3)} ×`,
      line.baseline === undefined ? "" : `of ${line.against} (${formatNumber(line.baseline)})`,
    ]),
  ]);
}

function printTable(rows: readonly (readonly string[])[]): void {
  const widths = [0, 1, 2, 3, 4].map((column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  for (const row of rows) {
    const cells = row.map((cell, column) =>
      column === 1 || column === 3
        ? cell.padStart(widths[column] ?? 0)
        : cell.padEnd(widths[column] ?? 0),
    );
    console.log(cells.join("  ").trimEnd());
  }
}

function formatNumber(value: number): string {
  if (value >= 1_000) return Math.round(value).toLocaleString("en-US");
  return String(Number(value.toPrecision(3)));
}

function round(value: number): number {
  return Number(value.toPrecision(5));
}
