import { dropRepeatedKey } from "./drop-repeated-key.ts";
import { mergeProjections } from "./merge-projections.ts";
import { pruneColumns } from "./prune-columns.ts";
import { pushDownFilter } from "./push-down-filter.ts";
import type { Rule } from "./rule.ts";

/** The rules, in the order in which they run; each entry says why it stands where it stands. */
export const rules: readonly Rule[] = [
  // First, so that no later rule has to look through a keyBy that does nothing.
  dropRepeatedKey,
  // Before projections merge: a filter passes a small projection more often than a merged one.
  pushDownFilter,
  // Filters that stood between projections are gone now.
  mergeProjections,
  // Last: which columns are read is only known when filters and projections have their final place.
  pruneColumns,
];
