import type { Clock, SourceContext } from "@millrace/core";
import { columnConditionOf, type SourceInput } from "@millrace/plan";

/**
 * Which rows of a source the plan needs; nothing where it needs all.
 *
 * The future limit is that of now: as the clock goes on it only lets more rows pass.
 */
export function neededRowsOf(input: SourceInput, clock: Clock): Pick<SourceContext, "needed"> {
  const { skipping, eventTime, futureLimitMs = Infinity } = input;
  const conditions = (skipping?.conditions ?? [])
    .map(columnConditionOf)
    .filter((condition) => condition !== undefined);
  if (conditions.length === 0) return {};
  if (eventTime === undefined) return { needed: { conditions } };
  if (eventTime.kind !== "column") return {};
  const latest = clock.now() + futureLimitMs;
  return { needed: { conditions, eventTime: { column: eventTime.name, latest } } };
}
