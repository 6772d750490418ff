import type { FieldType } from "@millrace/core";

/** Columns that a window aggregation adds after the keys. */
export const windowFields: readonly FieldType[] = [
  { name: "windowStart", type: { kind: "timestamp", unit: "ms", nullable: false } },
  { name: "windowEnd", type: { kind: "timestamp", unit: "ms", nullable: false } },
];

/** The column that `changes` adds after the input's. */
export const changeField: FieldType = {
  name: "change",
  type: { kind: "enum", values: ["insert", "delete"], nullable: false },
};

const nullableFloat = { kind: "float64", nullable: true } as const;

/**
 * Columns that `detect` adds after the input's. Null: not known (the model warms up, or the value
 * is missing).
 */
export const detectionFields: readonly FieldType[] = [
  { name: "score", type: nullableFloat },
  { name: "pValue", type: nullableFloat },
  { name: "threshold", type: nullableFloat },
  {
    name: "severity",
    type: { kind: "enum", values: ["none", "minor", "major", "critical"], nullable: false },
  },
  { name: "expected", type: nullableFloat },
  { name: "lower", type: nullableFloat },
  { name: "upper", type: nullableFloat },
  { name: "isAnomaly", type: { kind: "boolean", nullable: false } },
  {
    name: "reasons",
    type: { kind: "list", item: { kind: "utf8", nullable: false }, nullable: false },
  },
];

/** Columns of a forecast after the keys. `lower80`/`upper80` for level 0.8, and so on. */
export function forecastFields(levels: readonly number[]): readonly FieldType[] {
  const timestamp = { kind: "timestamp", unit: "ms", nullable: false } as const;
  const float = { kind: "float64", nullable: false } as const;
  return [
    { name: "issuedAt", type: timestamp },
    { name: "windowStart", type: timestamp },
    { name: "windowEnd", type: timestamp },
    { name: "step", type: { kind: "int32", nullable: false } },
    { name: "mean", type: float },
    ...levels.flatMap((level) => [
      { name: `lower${Math.round(level * 100)}`, type: float },
      { name: `upper${Math.round(level * 100)}`, type: float },
    ]),
  ];
}
