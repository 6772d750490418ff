import type { FieldProblem } from "./field-problem.ts";
import type { PlacedBadRecord } from "./placed-record.ts";

const rawBytesMax = 65_536;
const lenientText = new TextDecoder("utf-8", { ignoreBOM: true });

/** A refused record: its number, and its text in bytes [from, to), which is cut at 64 KiB. */
export function badRecord(
  index: number,
  problem: FieldProblem,
  bytes: Uint8Array,
  [from, to]: readonly [number, number],
): PlacedBadRecord {
  const raw = lenientText.decode(bytes.subarray(from, Math.min(to, from + rawBytesMax)));
  return { index, code: problem.code, reason: problem.error.message, raw, byte: from };
}
