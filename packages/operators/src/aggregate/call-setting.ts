import { assert } from "@millrace/core";
import type { AggregateCall, AggregateSettings } from "@millrace/plan";

/** A setting that a call of its kind always has. */
export function callSetting<Name extends keyof AggregateSettings>(
  call: AggregateCall,
  name: Name,
): NonNullable<AggregateSettings[Name]> {
  const value = call.settings?.[name];
  assert(value !== undefined, `${call.function} has ${name}`);
  return value;
}
