import {
  columnBuilder,
  float64Column,
  int32Column,
  int64Column,
  timestampColumn,
} from "@millrace/columnar";
import type { DataType } from "@millrace/core";
import type { Data } from "apache-arrow";

/**
 * A column of a numeric type from float64 values. The arrays are taken over.
 *
 * @param isValid 0 marks a null; absent when there are none
 */
export function numberColumn(
  type: DataType,
  values: Float64Array,
  length: number,
  isValid?: Uint8Array,
): Data {
  if (type.kind === "float64") return float64Column(values, length, isValid);
  if (type.kind === "int64") return int64Column(values, length, isValid);
  if (type.kind === "timestamp" && type.unit === "ms") {
    return timestampColumn(values, length, isValid);
  }
  if (type.kind === "int32") return int32Column(Int32Array.from(values), length, isValid);
  const builder = columnBuilder({ ...type, nullable: true }, length);
  for (let i = 0; i < length; i += 1) builder.append(isValid?.[i] === 0 ? null : values[i]);
  return builder.finish();
}
