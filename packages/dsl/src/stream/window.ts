import type { Duration } from "@millrace/core";
import { checkWindow, type WindowSpec } from "@millrace/plan";

/** The window, or its problem thrown: the builder collects it with the place of the call. */
export function checkedWindow<Window extends WindowSpec>(window: Window): Window {
  const problem = checkWindow(window);
  if (problem !== undefined) throw problem;
  return window;
}

/** An offset within [0, step): windows that are moved by a whole step are the same windows. */
function offsetWithin(offset: Duration | undefined, stepMs: number): number {
  return (((offset ?? 0) % stepMs) + stepMs) % stepMs;
}

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
  return checkedWindow({
    kind: "tumbling",
    sizeMs: size,
    offsetMs: offsetWithin(options.offset, size),
  });
}

/**
 * Windows of event time of one size that start every slide and so overlap: `[n·slide + offset,
 * n·slide + offset + size)`, epoch-aligned.
 *
 * A row counts in each window over its time, ⌊size/slide⌋ or one more. Rows are aggregated in panes
 * of the greatest common divisor of size and slide: a row costs the same whatever the overlap, a
 * window merges its panes when it closes.
 *
 * @param size a duration > 0; need not be a multiple of the slide
 * @param slide a duration > 0, at most the size
 * @throws MillraceError `PLAN_WINDOW_SIZE_INVALID` when size ≤ 0; `PLAN_WINDOW_STEP_INVALID` when
 *   slide ≤ 0 or slide > size, or when a window has more than 10,000 panes
 * @example
 * ```ts import.meta.vitest
 * hopping(hours(1), minutes(10))
 * ```
 */
export function hopping(
  size: Duration,
  slide: Duration,
  options: { offset?: Duration } = {},
): WindowSpec {
  return checkedWindow({
    kind: "hopping",
    sizeMs: size,
    slideMs: slide,
    offsetMs: offsetWithin(options.offset, slide),
  });
}

/**
 * Windows of event time that grow by a step and start afresh after the size, as for the day so far:
 * `[n·size + offset, n·size + offset + k·step)` for each k from 1 to size / step, epoch-aligned.
 *
 * A row counts in each window of its size that ends after it. A row costs the same however many
 * those are; a window adds what its last step has brought to the window before.
 *
 * @param step a duration > 0
 * @param size a multiple of the step, at most 10,000 steps
 * @throws MillraceError `PLAN_WINDOW_SIZE_INVALID` when size ≤ 0; `PLAN_WINDOW_STEP_INVALID` when
 *   step ≤ 0, or the size is no multiple of it, or when there are too many steps
 * @example
 * ```ts import.meta.vitest
 * cumulate(hours(1), hours(24))
 * ```
 */
export function cumulate(
  step: Duration,
  size: Duration,
  options: { offset?: Duration } = {},
): WindowSpec {
  return checkedWindow({
    kind: "cumulate",
    stepMs: step,
    sizeMs: size,
    offsetMs: offsetWithin(options.offset, size),
  });
}

/**
 * Per key, stretches of event time in which each row follows the one before in less than the gap:
 * `[first row, last row + gap)`.
 *
 * A row that falls between two sessions may make them one. A row that follows exactly a gap later
 * starts the next session.
 *
 * A session is written when the watermark reaches its end plus the allowed lateness. A row is late
 * when its own watermark had passed its time by more than the allowed lateness, as then its
 * neighbours may have been written: give `allowedLateness` where rows beyond the source's
 * out-of-orderness shall count.
 *
 * @param gap a duration > 0
 * @throws MillraceError `PLAN_WINDOW_SIZE_INVALID` when gap ≤ 0
 * @example
 * ```ts import.meta.vitest
 * session(minutes(30))
 * ```
 */
export function session(gap: Duration): WindowSpec {
  return checkedWindow({ kind: "session", gapMs: gap });
}
