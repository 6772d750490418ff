import type { DetectionColumns } from "@millrace/core";

/** Makes room for what a detector says of `count` points. */
export function detectionColumns(count: number): DetectionColumns {
  return {
    score: new Float64Array(count),
    pValue: new Float64Array(count),
    threshold: new Float64Array(count),
    expected: new Float64Array(count),
    lower: new Float64Array(count),
    upper: new Float64Array(count),
    isAnomaly: new Uint8Array(count),
    severity: new Uint8Array(count),
    reasons: new Int32Array(count),
  };
}
