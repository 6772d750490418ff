/** A watermark as JSON can hold it: ±Infinity as text. */
export type JsonWatermark = number | "-inf" | "+inf";

/** For a progress record. */
export function toJsonWatermark(watermark: number): JsonWatermark {
  if (watermark === Infinity) return "+inf";
  return watermark === -Infinity ? "-inf" : watermark;
}

/** Reads what `toJsonWatermark` made. */
export function fromJsonWatermark(watermark: JsonWatermark): number {
  if (watermark === "+inf") return Infinity;
  return watermark === "-inf" ? -Infinity : watermark;
}
