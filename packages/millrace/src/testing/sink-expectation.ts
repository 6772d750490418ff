import { AssertionError } from "node:assert";
import { textTable } from "@millrace/connectors/console";
import { quote, type RowSchema } from "@millrace/core";
import { compareRows, isSameValue } from "./compare-rows.ts";
import { differenceTable } from "./difference-table.ts";
import type { PlainRow } from "./received-rows.ts";

/**
 * What a test says of a sink. What does not hold is an `AssertionError` of Node with a table of the
 * differences, so that any test runner will do.
 */
export class SinkExpectation<Row> {
  /** What stands in the sink now, in the order in which it came. */
  readonly rows: readonly Row[];
  readonly #sink: string;
  readonly #schema: RowSchema;

  constructor(sink: string, schema: RowSchema, rows: readonly PlainRow[]) {
    this.#sink = sink;
    this.#schema = schema;
    this.rows = rows as unknown as readonly Row[];
  }

  /**
   * The sink has these rows and no others, in any order. Fractions may differ by 1e-9, relative.
   *
   * @throws AssertionError with the differences as a table
   */
  toEqual(expected: readonly Row[]): void {
    const difference = compareRows(plain(expected), plain(this.rows));
    const { missing, unexpected, same } = difference;
    if (missing.length + unexpected.length === 0) return;
    const found = `${counted(same.length)} as expected, ${missing.length} missing (−)`;
    throw new AssertionError({
      message:
        `The sink ${quote(this.#sink)} has ${found}, ${unexpected.length} that were not ` +
        `expected (+):\n${differenceTable(this.#schema, difference)}`,
      actual: this.rows,
      expected,
      operator: "toEqual",
      stackStartFn: this.toEqual,
    });
  }

  /**
   * For each of these, the sink has a row with those values: columns that are left out may have
   * any.
   *
   * @throws AssertionError with what it has as a table
   */
  toContain(...expected: readonly Partial<Row>[]): void {
    const missing = plain(expected).filter(
      (part) => !plain(this.rows).some((row) => hasValues(row, part)),
    );
    if (missing.length === 0) return;
    const difference = { missing, unexpected: [], same: plain(this.rows) };
    throw new AssertionError({
      message:
        `The sink ${quote(this.#sink)} has no row with the values of ${counted(missing.length)} ` +
        `(−):\n${differenceTable(this.#schema, difference)}`,
      actual: this.rows,
      expected,
      operator: "toContain",
      stackStartFn: this.toContain,
    });
  }

  /** Nothing stands in the sink. @throws AssertionError with what it has as a table */
  toBeEmpty(): void {
    if (this.rows.length > 0) this.toEqual([]);
  }

  /** What stands in the sink as an aligned table, sorted by its lines: for snapshots. */
  table(): string {
    const [head = "", rule = "", ...lines] = textTable(this.#schema.fields, plain(this.rows))
      .trimEnd()
      .split("\n");
    return [head, rule, ...lines.toSorted()].join("\n");
  }
}

function plain(rows: readonly unknown[]): readonly PlainRow[] {
  return rows as readonly PlainRow[];
}

function hasValues(row: PlainRow, part: PlainRow): boolean {
  return Object.entries(part).every(([name, value]) => isSameValue(row[name], value));
}

/** `1 row`, `2 rows` */
function counted(rows: number): string {
  return `${rows.toLocaleString("en-US")} ${rows === 1 ? "row" : "rows"}`;
}
