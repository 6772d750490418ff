import type { DataType } from "@millrace/core";

// Units are powers: milliseconds are 1, microseconds 2, nanoseconds 3.

const unitPower = { ms: 1, us: 2, ns: 3 } as const;
const logicalPowers: Readonly<Record<string, number>> = {
  "timestamp-millis": 1,
  "timestamp-micros": 2,
  "timestamp-nanos": 3,
  "local-timestamp-millis": 1,
  "local-timestamp-micros": 2,
  "local-timestamp-nanos": 3,
  "time-millis": 1,
  "time-micros": 2,
};

/** The unit of a logical type; undefined when it is no time. */
export function logicalPower(logical: string | undefined): number | undefined {
  return logicalPowers[logical ?? ""];
}

/** The unit of a column; undefined when it is no time. */
export function timePower(type: DataType): number | undefined {
  if (type.kind === "duration") return 1;
  return type.kind === "timestamp" ? unitPower[type.unit] : undefined;
}
