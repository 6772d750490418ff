import { formatExpression, type SkippingSpec } from "@millrace/plan";

/** What a source leaves out, with a comma before it: `, skips row groups by delay > 5`. */
export function describeSkipping(skipping: SkippingSpec | undefined): string {
  if (skipping === undefined || skipping.conditions.length === 0) return "";
  const conditions = skipping.conditions.map(formatExpression).join(" and ");
  return `, skips ${skipping.unit} by ${conditions}`;
}
