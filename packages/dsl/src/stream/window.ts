import { type Duration, millraceError } from "@millrace/core";
import type { WindowSpec } from "@millrace/plan";

/**
 * Fixed, gap-less windows of event time: `[n·size + offset, (n+1)·size + offset)`, epoch-aligned.
 *
 * @param size a duration > 0
 * @throws MillraceError `PLAN_WINDOW_SIZE_INVALID` when size ≤ 0
 * @example
 * ```ts import.meta.vitest
 * tumbling(hours(24), { offset: hours(6) })
 * ```
 */
export function tumbling(size: Duration, options: { offset?: Duration } = {}): WindowSpec {
  if (!(Number.isSafeInteger(size) && size > 0)) {
    throw millraceError("PLAN_WINDOW_SIZE_INVALID", { sizeMs: size });
  }
  const offset = options.offset ?? 0;
  return { kind: "tumbling", sizeMs: size, offsetMs: ((offset % size) + size) % size };
}
