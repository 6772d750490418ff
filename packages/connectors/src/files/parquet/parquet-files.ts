import type { DuckDBConnection } from "@duckdb/node-api";
import {
  type FieldType,
  millraceError,
  type NeededRows,
  type SkippedRecords,
} from "@millrace/core";
import { withFileErrors } from "../error-map.ts";
import type { InputFile } from "../find-files.ts";
import { type ColumnPlan, planColumn } from "./column-plan.ts";
import { type ColumnStatistics, readStatistics } from "./column-statistics.ts";
import { sqlText } from "./driver.ts";
import { skipRowGroup } from "./skip-row-group.ts";

/** One row group: what a partition reads at a time. */
export interface ParquetSplit {
  readonly path: string;
  readonly firstRow: number;
  readonly rowCount: number;
  readonly plans: readonly ColumnPlan[];
  /** Present where it is left out whole. */
  readonly skipped?: SkippedRecords;
}

/**
 * The row groups of all files in path order, with their columns planned.
 *
 * @throws MillraceError `FILE_CORRUPT`, `FILE_COLUMN_MISSING`, `FILE_COLUMN_TYPE`
 */
export async function listSplits(
  connection: DuckDBConnection,
  files: readonly InputFile[],
  fields: readonly FieldType[],
  needed: NeededRows | undefined,
): Promise<ParquetSplit[]> {
  const splits: ParquetSplit[] = [];
  for (const { path } of files) {
    await withFileErrors(path, async () => {
      const text = sqlText(path);
      const described = await connection.runAndReadAll(
        `DESCRIBE SELECT * FROM read_parquet(${text})`,
      );
      const plans = planColumns(described.getRows(), fields, path);
      const groups = await connection.runAndReadAll(
        `SELECT DISTINCT row_group_id, row_group_num_rows FROM parquet_metadata(${text}) ORDER BY 1`,
      );
      const statistics =
        needed === undefined ? undefined : await readStatistics(connection, path, fields);
      let firstRow = 0;
      for (const [group, rows] of groups.getRows()) {
        const rowCount = Number(rows);
        const columns = statistics?.get(Number(group)) ?? new Map<string, ColumnStatistics>();
        const skipped = needed && skipRowGroup(rowCount, columns, needed);
        splits.push({ path, firstRow, rowCount, plans, ...(skipped && { skipped }) });
        firstRow += rowCount;
      }
    });
  }
  return splits;
}

function planColumns(
  described: readonly (readonly unknown[])[],
  fields: readonly FieldType[],
  path: string,
): ColumnPlan[] {
  const types = new Map(described.map((row) => [String(row[0]), String(row[1])]));
  return fields.map((field) => {
    const actual = types.get(field.name);
    if (actual !== undefined) return planColumn(field, actual, path);
    const columns = [...types.keys()];
    throw millraceError("FILE_COLUMN_MISSING", { path, column: field.name, columns });
  });
}
