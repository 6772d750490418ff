import { dependsOnArrival } from "../expression/aggregate-traits.ts";
import type { OperatorSpec, OrderClass } from "./specs.ts";

/**
 * Whether the order of rows matters to an operator.
 *
 * A window aggregation that the clock or gaps cut is order-free even with `first` or `last`: they
 * go by event time and lineage, not by arrival. With a summary that arrival may show in, within its
 * bound (`approxTopK`, quantiles by KLL), it is not.
 */
export function orderOf(spec: OperatorSpec): OrderClass {
  switch (spec.kind) {
    case "filterProject":
    case "rowFunction":
    case "union":
    case "sample":
    case "preAggregate":
    case "retime":
    case "intervalJoin":
    case "join":
    case "windowJoin":
    case "lookupTable":
    case "changes":
    case "mapAsync":
    case "lookup":
      return "order-free";
    case "windowAggregate":
      if (spec.window.kind === "global") return "event-ordered";
      return spec.calls.some(dependsOnArrival) ? "arrival-ordered" : "order-free";
    case "topRows":
      return spec.forgetAfterMs === undefined ? "order-free" : "event-ordered";
    case "runningAggregate":
      if (!spec.retracts && spec.calls.some(dependsOnArrival)) return "arrival-ordered";
      return spec.forgetAfterMs === undefined ? "order-free" : "event-ordered";
    case "process":
      return spec.order === "event" && spec.onProcessingTimerId === undefined
        ? "event-ordered"
        : "arrival-ordered";
    case "asOfJoin":
    case "over":
    case "resample":
    case "gapFill":
    case "interpolate":
    case "deduplicate":
    case "detect":
    case "forecast":
    case "pattern":
      return "event-ordered";
  }
}
