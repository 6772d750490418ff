import { formatDuration } from "@millrace/core";
import type { OverFrame, WindowEmit, WindowSpec, WindowTrigger } from "./nodes.ts";

/** A window as plan texts show it: `hopping 1h every 10m`. */
export function formatWindow(window: WindowSpec): string {
  switch (window.kind) {
    case "tumbling":
      return `tumbling ${formatDuration(window.sizeMs)}`;
    case "hopping":
      return `hopping ${formatDuration(window.sizeMs)} every ${formatDuration(window.slideMs)}`;
    case "cumulate":
      return `cumulate ${formatDuration(window.sizeMs)} by ${formatDuration(window.stepMs)}`;
    case "calendar":
      return `each ${window.unit} of ${window.timeZone}`;
    case "session":
      return `session gap ${formatDuration(window.gapMs)}`;
    case "global":
      return `${formatTrigger(window.trigger)}${window.purge ? "" : " of all so far"}`;
  }
}

function formatTrigger(trigger: WindowTrigger): string {
  return trigger.kind === "rows"
    ? `every ${trigger.count} rows`
    : `every ${formatDuration(trigger.everyMs)}`;
}

/** When a window gives results, as plan texts show it: `, updating every 1m`. */
export function formatEmit(emit: WindowEmit | undefined): string {
  if (emit === undefined) return "";
  const when = emit.kind === "every" ? `every ${formatDuration(emit.everyMs)}` : emit.kind;
  return `, updating ${when}`;
}

/** A frame of `over` as plan texts show it: `the last 5m`. */
export function formatFrame(frame: OverFrame): string {
  return frame.kind === "rows"
    ? `the last ${frame.count} rows`
    : `the last ${formatDuration(frame.sizeMs)}`;
}
