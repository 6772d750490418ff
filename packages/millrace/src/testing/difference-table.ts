import { textTable } from "@millrace/connectors/console";
import type { FieldType, RowSchema } from "@millrace/core";
import type { RowDifference } from "./compare-rows.ts";
import type { PlainRow } from "./received-rows.ts";

/** Rows shown of each kind; the others are counted. */
const shownMax = 20;

/** Beside the rows, under a name that few columns have. */
const signField: FieldType = { name: "±", type: { kind: "utf8", nullable: false } };

/**
 * A difference as a table: `−` before rows that were expected and are not there, `+` before those
 * that are there and were not expected, and some of the rows that are the same.
 */
export function differenceTable(schema: RowSchema, difference: RowDifference): string {
  const { missing, unexpected, same } = difference;
  const lines = [...signed("−", missing), ...signed("+", unexpected), ...signed(" ", same)];
  const left = [missing, unexpected, same]
    .map((rows) => Math.max(0, rows.length - shownMax))
    .reduce((sum, more) => sum + more, 0);
  const names = new Set(lines.flatMap((row) => Object.keys(row)));
  const known = schema.fields.filter(({ name }) => names.has(name));
  // A row of a test may name columns that the sink does not have.
  const others = [...names].filter((name) => !schema.fields.some((field) => field.name === name));
  const extra = others
    .filter((name) => name !== signField.name)
    .map((name): FieldType => ({ name, type: { kind: "json", nullable: true } }));
  const more = left === 0 ? "" : `… and ${left.toLocaleString("en-US")} more rows\n`;
  return `${textTable([signField, ...known, ...extra], lines)}${more}`;
}

function signed(sign: string, rows: readonly PlainRow[]): PlainRow[] {
  return rows.slice(0, shownMax).map((row) => ({ [signField.name]: sign, ...row }));
}
