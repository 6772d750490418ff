import { isUtf8 } from "node:buffer";
import type { BadRecord, BadRecordPlace } from "@millrace/core";
import type { FieldProblem } from "./field-problem.ts";

const rawBytesMax = 65_536;
/** As base64 they are 64 KiB. */
const binaryBytesMax = 49_152;
const lenientText = new TextDecoder("utf-8", { ignoreBOM: true });
const noBytes = new Uint8Array(0);

/** A refused record of text: its number, and its text, which is cut at 64 KiB. */
export function badLine(
  index: number,
  problem: FieldProblem,
  record: Uint8Array,
  place: BadRecordPlace = placeOf(problem),
): BadRecord {
  const raw = lenientText.decode(record.subarray(0, rawBytesMax));
  const { code, error } = problem;
  const isPlaced = place.field !== undefined || place.byte !== undefined;
  return { index, code, reason: error.message, raw, ...(isPlaced ? { place } : {}) };
}

function placeOf({ field }: FieldProblem): BadRecordPlace {
  return field === undefined ? {} : { field };
}

/** A refused record of any bytes: those that are no text are given as base64. */
export function badRecord(
  index: number,
  problem: FieldProblem,
  record: Uint8Array,
  place?: BadRecordPlace,
): BadRecord {
  if (isUtf8(record)) return badLine(index, problem, record, place);
  const raw = Buffer.from(record.subarray(0, binaryBytesMax)).toString("base64");
  return { ...badLine(index, problem, noBytes, place), raw, rawEncoding: "base64" };
}
