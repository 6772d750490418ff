import type { ColumnCondition, NeededRows, SkippedRecords } from "@millrace/core";
import type { ColumnStatistics } from "./column-statistics.ts";
import { wholeNumberBounds } from "./gathered-column.ts";
import { comparableLiteral, compareStatistics } from "./statistic-value.ts";

type Columns = ReadonlyMap<string, ColumnStatistics>;

/**
 * What is to be known of a row group that need not be read, as its statistics prove that none of
 * its rows is needed; undefined where it must be read.
 *
 * It must be read as well where the statistics show a value that does not fit its column, or an
 * event time that is missing or too late: those are told of.
 */
export function skipRowGroup(
  rowCount: number,
  columns: Columns,
  needed: NeededRows,
): SkippedRecords | undefined {
  const isUnneeded = needed.conditions.some((condition) => {
    const statistics = columns.get(condition.column);
    return statistics !== undefined && isNeverTrue(condition, statistics, rowCount);
  });
  if (!isUnneeded || [...columns.values()].some(hasMisfit)) return undefined;
  const { eventTime } = needed;
  if (eventTime === undefined) return { count: rowCount };
  const eventTimeMax = eventTimeMaxOf(columns.get(eventTime.column));
  if (eventTimeMax === undefined || eventTimeMax > eventTime.latest) return undefined;
  return { count: rowCount, eventTimeMax };
}

/** Not a number compares with nothing, so that it does not matter that no bound knows of it. */
function isNeverTrue(
  { comparison, values }: ColumnCondition,
  { field, min, max, nullCount }: ColumnStatistics,
  rowCount: number,
): boolean {
  if (nullCount === rowCount) return true;
  if (comparison === "isNotNull" || min === undefined || max === undefined) return false;
  return values.every((value) => {
    const literal = comparableLiteral(value, field.type);
    const fromMin = compareStatistics(literal, min);
    const fromMax = compareStatistics(literal, max);
    switch (comparison) {
      case "eq":
      case "isIn":
        return fromMin < 0 || fromMax > 0;
      case "lt":
        return fromMin <= 0;
      case "lte":
        return fromMin < 0;
      case "gt":
        return fromMax >= 0;
      case "gte":
        return fromMax > 0;
    }
  });
}

/** Whether reading the column would stop the run, as far as statistics tell. */
function hasMisfit({ field, min, max, nullCount = 0 }: ColumnStatistics): boolean {
  if (nullCount > 0 && !field.type.nullable) return true;
  if (typeof min !== "bigint" || typeof max !== "bigint") return false;
  if (field.type.kind === "timestamp") return false;
  const [low, high] = wholeNumberBounds(field.type);
  return min < low || max > high;
}

/** In ms, rounded down as the run does. */
function eventTimeMaxOf(statistics: ColumnStatistics | undefined): number | undefined {
  if (statistics?.nullCount !== 0 || typeof statistics.max !== "bigint") return undefined;
  const remainder = ((statistics.max % 1_000_000n) + 1_000_000n) % 1_000_000n;
  return Number((statistics.max - remainder) / 1_000_000n);
}
