import type { Duration } from "@millrace/core";
import type { WindowSpec, WindowTrigger } from "@millrace/plan";
import { checkedWindow } from "./window.ts";

/**
 * Windows of `rows` rows of a key each, in event order: time, then source, partition and offset.
 *
 * `windowStart` is the time of the first row, `windowEnd` one millisecond after the last. A window
 * is written once the watermark has passed its last row; one that never fills is not.
 *
 * @param rows a whole number > 0
 * @throws MillraceError `PLAN_WINDOW_STEP_INVALID`
 * @example
 * ```ts import.meta.vitest
 * countWindow(100)
 * ```
 */
export function countWindow(rows: number): WindowSpec {
  return checkedWindow({ kind: "global", trigger: { kind: "rows", count: rows }, purge: true });
}

/**
 * When a global window gives a result: whenever event time passes a multiple of `every` (for keys
 * with rows since the last), or at each `everyRows`-th row of a key.
 */
export type TriggerOptions =
  | { readonly every: Duration; readonly everyRows?: never }
  | { readonly everyRows: number; readonly every?: never };

/**
 * One window per key over all of event time, which gives a result whenever its trigger fires. A
 * result is of exactly the rows before that point in event order, and stays: the next is another
 * row, with a later `windowEnd`.
 *
 * @param options `purge`: a result is of the rows since the one before; by default it is of all
 *   rows of the key so far
 * @throws MillraceError `PLAN_WINDOW_SIZE_INVALID` when `every` is not > 0;
 *   `PLAN_WINDOW_STEP_INVALID` when `everyRows` is no whole number > 0
 * @example
 * ```ts import.meta.vitest
 * globalWindow({ everyRows: 1000 })
 * ```
 */
export function globalWindow(options: TriggerOptions & { readonly purge?: boolean }): WindowSpec {
  const trigger: WindowTrigger =
    options.every === undefined
      ? { kind: "rows", count: options.everyRows }
      : { kind: "every", everyMs: options.every };
  return checkedWindow({ kind: "global", trigger, purge: options.purge ?? false });
}
