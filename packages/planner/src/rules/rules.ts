import { dropRepeatedKey } from "./drop-repeated-key.ts";
import { foldConstants } from "./fold-constants.ts";
import { mergeFilters } from "./merge-filters.ts";
import { mergeProjections } from "./merge-projections.ts";
import { orderConditions } from "./order-conditions.ts";
import { preAggregate } from "./pre-aggregate.ts";
import { pruneColumns } from "./prune-columns.ts";
import { pushDownFilter } from "./push-down-filter.ts";
import { pushIntoSource } from "./push-into-source.ts";
import type { Rule } from "./rule.ts";
import { shareExpressions } from "./share-expressions.ts";
import { shareSources } from "./share-sources.ts";

/** The rules, in the order in which they run; each entry says why it stands where it stands. */
export const rules: readonly Rule[] = [
  // First: while sources are as they were written, equal ones look equal.
  shareSources,
  // So that later rules see neither branches that are never taken nor filters that are always true.
  foldConstants,
  // So that no later rule has to look through a keyBy that does nothing.
  dropRepeatedKey,
  // Before projections merge: a filter passes a small projection more often than a merged one.
  pushDownFilter,
  // Filters that met on their way up are one, and its conditions can be put in order.
  mergeFilters,
  orderConditions,
  // A filter that has come up to its source stays there.
  pushIntoSource,
  // Filters that stood between projections are gone now.
  mergeProjections,
  // Columns that came together by merging may compute the same.
  shareExpressions,
  // Which columns are read is only known when filters and projections have their final place.
  pruneColumns,
  // Last: no other rule need know of rows that are put together.
  preAggregate,
];
