import type { DataType } from "@millrace/core";
import { toJson } from "../json/to-json.ts";

/** A value that is not null as a text without quotes; lists, maps, rows and JSON as JSON. */
export function bareText(type: DataType, value: unknown): string {
  const json = toJson(type, value);
  const isNested = ["json", "list", "map", "row"].includes(type.kind);
  // Numbers keep what JSON has no text for: NaN and the infinities.
  return isNested ? JSON.stringify(json) : Object.is(json, -0) ? "-0" : String(json);
}
