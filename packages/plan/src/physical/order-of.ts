import type { OperatorSpec, OrderClass } from "./specs.ts";

/**
 * Whether the order of rows matters to an operator.
 *
 * A window aggregation is order-free even with `first` or `last`: they go by event time and
 * lineage, not by arrival.
 */
export function orderOf(spec: OperatorSpec): OrderClass {
  switch (spec.kind) {
    case "filterProject":
    case "rowFunction":
    case "union":
    case "sample":
    case "retime":
    case "windowAggregate":
    case "intervalJoin":
    case "topRows":
    case "changes":
      return "order-free";
    case "runningAggregate":
      return spec.forgetAfterMs === undefined ? "order-free" : "event-ordered";
    case "process":
      return spec.order === "event" ? "event-ordered" : "arrival-ordered";
    case "deduplicate":
    case "detect":
    case "forecast":
      return "event-ordered";
  }
}
