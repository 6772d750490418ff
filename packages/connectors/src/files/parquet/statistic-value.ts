import { type DataType, isInteger } from "@millrace/core";

/** A bound as it is compared: instants in ns, dates in days, whole numbers exact. */
export type StatisticValue = bigint | number | string;

/**
 * A least or greatest value as DuckDB prints it; undefined where it cannot be relied on.
 *
 * @param isSingle whether the file's column has single precision
 */
export function parseStatistic(
  text: string,
  type: DataType,
  isSingle: boolean,
): StatisticValue | undefined {
  switch (type.kind) {
    case "utf8":
    case "enum":
      return text;
    case "float64": {
      if (!/^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(text)) return undefined;
      return isSingle ? Math.fround(Number(text)) : Number(text);
    }
    case "date": {
      const ms = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : Number.NaN;
      return Number.isNaN(ms) ? undefined : ms / 86_400_000;
    }
    case "timestamp":
      return nanosecondsOf(text);
    default:
      return isInteger(type) && /^-?\d+$/.test(text) ? BigInt(text) : undefined;
  }
}

/** A literal of a condition in the form of `StatisticValue`. */
export function comparableLiteral(value: number | string, type: DataType): StatisticValue {
  if (type.kind === "timestamp") {
    const units = BigInt(value);
    return type.unit === "ns" ? units : units * (type.unit === "us" ? 1_000n : 1_000_000n);
  }
  const isBigint = isInteger(type) && typeof value === "string";
  return isBigint ? BigInt(value) : value;
}

/** Negative, 0 or positive; texts by their UTF-8 bytes. */
export function compareStatistics(left: StatisticValue, right: StatisticValue): number {
  if (typeof left === "string" || typeof right === "string") {
    return Buffer.compare(Buffer.from(String(left)), Buffer.from(String(right)));
  }
  if (left < right) return -1;
  return left > right ? 1 : 0;
}

/** Years of four digits only; a time zone other than UTC is not read. */
function nanosecondsOf(text: string): bigint | undefined {
  const parts = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(?:\+00)?$/.exec(text);
  if (parts === null) return undefined;
  const [, day, time, fraction = ""] = parts;
  const ms = Date.parse(`${day}T${time}Z`);
  if (Number.isNaN(ms)) return undefined;
  return BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, "0"));
}
