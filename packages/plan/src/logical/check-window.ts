import { limits, type MillraceError, millraceError } from "@millrace/core";
import type { WindowSpec } from "./nodes.ts";

/** What makes a window impossible, if anything. */
export function checkWindow(window: WindowSpec): MillraceError | undefined {
  const sizeMs = window.kind === "session" ? window.gapMs : window.sizeMs;
  if (!isSpan(sizeMs)) return millraceError("PLAN_WINDOW_SIZE_INVALID", { sizeMs });
  switch (window.kind) {
    case "tumbling":
    case "session":
      return undefined;
    case "hopping":
      return checkHopping(sizeMs, window.slideMs);
    case "cumulate":
      return checkCumulate(window.stepMs, sizeMs);
  }
}

function isSpan(durationMs: number): boolean {
  return Number.isSafeInteger(durationMs) && durationMs > 0;
}

function checkHopping(sizeMs: number, slideMs: number): MillraceError | undefined {
  const window = `hopping(${sizeMs} ms, ${slideMs} ms)`;
  if (!isSpan(slideMs)) return refuse(window, "the slide is a duration greater than zero");
  if (slideMs > sizeMs) {
    return refuse(window, "with a slide beyond the size, rows would be in no window");
  }
  if (sizeMs / greatestDivisor(sizeMs, slideMs) <= limits.windowPanesMax) return undefined;
  const most = `it would have more than ${limits.windowPanesMax} panes`;
  return refuse(window, `${most}, whose length divides both size and slide`);
}

function checkCumulate(stepMs: number, sizeMs: number): MillraceError | undefined {
  const window = `cumulate(${stepMs} ms, ${sizeMs} ms)`;
  if (!isSpan(stepMs)) return refuse(window, "the step is a duration greater than zero");
  if (sizeMs % stepMs !== 0) return refuse(window, "the size is not a multiple of the step");
  if (sizeMs / stepMs <= limits.windowPanesMax) return undefined;
  return refuse(window, `it would have more than ${limits.windowPanesMax} steps`);
}

function refuse(window: string, rule: string): MillraceError {
  return millraceError("PLAN_WINDOW_STEP_INVALID", { window, rule });
}

/** The greatest whole number that divides both of two positive ones. */
export function greatestDivisor(left: number, right: number): number {
  return right === 0 ? left : greatestDivisor(right, left % right);
}
