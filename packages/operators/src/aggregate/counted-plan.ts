import { assert } from "@millrace/core";
import type { AggregateCall } from "@millrace/plan";
import { callSetting } from "./call-setting.ts";
import { collectList, collectMap, collectSet } from "./collect.ts";
import { type CountedPlan, onceEach } from "./counted.ts";
import { exactQuantile } from "./exact-quantile.ts";
import { approxTopK, mode, topK } from "./frequent-values.ts";
import { histogram } from "./histogram.ts";

/**
 * How a call is computed from the multiset of a group's values.
 *
 * @param retracts whether rows may be taken back; then nothing is given up, and the plan does
 * `distinct` itself
 */
export function countedPlan(call: AggregateCall, retracts: boolean): CountedPlan {
  const plan = planOf(call, retracts);
  return call.distinct && retracts ? onceEach(plan) : plan;
}

function planOf(call: AggregateCall, retracts: boolean): CountedPlan {
  const { type, argument, q } = call;
  assert(argument !== undefined, `${call.function} has an argument`);
  switch (call.function) {
    case "quantile":
      assert(q !== undefined, "quantile has q");
      return exactQuantile(argument.type, type, q);
    case "mode":
      return mode(argument.type, type);
    case "topK":
      return topK(argument.type, type, callSetting(call, "k"));
    case "approxTopK": {
      const k = callSetting(call, "k");
      // What counters gave up could not be taken back.
      if (retracts) return topK(argument.type, type, k);
      return approxTopK(argument.type, type, { k, capacity: callSetting(call, "capacity") });
    }
    case "histogram": {
      const edges = call.settings?.edges;
      return histogram(
        type,
        edges === undefined ? { width: callSetting(call, "width") } : { edges },
      );
    }
    case "collectList":
      return collectList(argument.type, type, { limit: callSetting(call, "limit"), retracts });
    case "collectSet":
      return collectSet(argument.type, type, { limit: callSetting(call, "limit"), retracts });
    case "collectMap": {
      const value = call.others?.[0]?.type;
      assert(value !== undefined, "collectMap has a value");
      const limit = callSetting(call, "limit");
      return collectMap({ key: argument.type, value }, type, { limit, retracts });
    }
    default:
      assert(false, `${call.function} keeps the values of a group`);
  }
}
