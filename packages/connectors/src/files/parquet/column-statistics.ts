import type { DuckDBConnection } from "@duckdb/node-api";
import type { FieldType } from "@millrace/core";
import { sqlText } from "./driver.ts";
import { parseStatistic, type StatisticValue } from "./statistic-value.ts";

/** What a row group's statistics say of a column. */
export interface ColumnStatistics {
  readonly field: FieldType;
  /** Absent where unknown. */
  readonly min?: StatisticValue;
  readonly max?: StatisticValue;
  readonly nullCount?: number;
}

/** By row group, then by column; a column of which nothing is known is left out. */
export type FileStatistics = ReadonlyMap<number, ReadonlyMap<string, ColumnStatistics>>;

/**
 * The statistics of the named columns of a file.
 *
 * Bounds that were cut short are not taken. Where two columns' names differ in nothing but case,
 * DuckDB gives them other names than the statistics have, so that nothing is known.
 */
export async function readStatistics(
  connection: DuckDBConnection,
  path: string,
  fields: readonly FieldType[],
): Promise<FileStatistics> {
  const byName = new Map(fields.map((field) => [field.name, field]));
  const names = [...byName.keys()].map(sqlText).join(", ");
  const from = `FROM parquet_metadata(${sqlText(path)})`;
  const alike = await connection.runAndReadAll(
    `SELECT 1 ${from} GROUP BY row_group_id, lower(path_in_schema) HAVING count(*) > 1 LIMIT 1`,
  );
  const groups = new Map<number, Map<string, ColumnStatistics>>();
  if (alike.currentRowCount > 0 || byName.size === 0) return groups;
  const found = await connection.runAndReadAll(
    "SELECT row_group_id::INTEGER, path_in_schema, type, stats_null_count::DOUBLE, " +
      "CASE WHEN min_is_exact IS DISTINCT FROM false THEN stats_min_value END, " +
      "CASE WHEN max_is_exact IS DISTINCT FROM false THEN stats_max_value END " +
      `${from} WHERE path_in_schema IN (${names})`,
  );
  for (const row of found.getRows()) {
    const [group, name, physical, nullCount, min, max] = row as unknown as StatisticsRow;
    const field = byName.get(name);
    if (field === undefined) continue;
    const columns = groups.get(group) ?? new Map<string, ColumnStatistics>();
    groups.set(group, columns);
    const bound = (text: string | null) =>
      text === null ? undefined : parseStatistic(text, field.type, physical === "FLOAT");
    columns.set(name, {
      field,
      ...present("min", bound(min)),
      ...present("max", bound(max)),
      ...present("nullCount", nullCount ?? undefined),
    });
  }
  return groups;
}

type StatisticsRow = readonly [
  group: number,
  name: string,
  physical: string,
  nullCount: number | null,
  min: string | null,
  max: string | null,
];

function present<Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): { readonly [Key in Name]?: Value } {
  return value === undefined ? {} : ({ [name]: value } as { [Key in Name]: Value });
}
