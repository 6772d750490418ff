import { isUtf8 } from "node:buffer";
import type { BadRecord } from "@millrace/core";
import type { FieldProblem } from "./field-problem.ts";

const rawBytesMax = 65_536;
const lenientText = new TextDecoder("utf-8", { ignoreBOM: true });

/** A refused record of text: its number, and its text, which is cut at 64 KiB. */
export function badLine(index: number, problem: FieldProblem, record: Uint8Array): BadRecord {
  const raw = lenientText.decode(record.subarray(0, rawBytesMax));
  const { field, code, error } = problem;
  const place = field === undefined ? {} : { place: { field } };
  return { index, code, reason: error.message, raw, ...place };
}

/** A refused record of any bytes: those that are no text are given as base64. */
export function badRecord(index: number, problem: FieldProblem, record: Uint8Array): BadRecord {
  if (isUtf8(record)) return badLine(index, problem, record);
  const raw = Buffer.from(record.subarray(0, rawBytesMax)).toString("base64");
  return { ...badLine(index, problem, noBytes), raw, rawEncoding: "base64" };
}

const noBytes = new Uint8Array(0);
