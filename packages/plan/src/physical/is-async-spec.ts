import type { LookupSpec, MapAsyncSpec, OperatorSpec } from "./specs.ts";

/** Whether an operator calls async functions, so that its rows are in flight for a time. */
export function isAsyncSpec(spec: OperatorSpec): spec is MapAsyncSpec | LookupSpec {
  return spec.kind === "mapAsync" || spec.kind === "lookup";
}
