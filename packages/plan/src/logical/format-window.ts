import { formatDuration } from "@millrace/core";
import type { WindowSpec } from "./nodes.ts";

/** A window as plan texts show it: `hopping 1h every 10m`. */
export function formatWindow(window: WindowSpec): string {
  switch (window.kind) {
    case "tumbling":
      return `tumbling ${formatDuration(window.sizeMs)}`;
    case "hopping":
      return `hopping ${formatDuration(window.sizeMs)} every ${formatDuration(window.slideMs)}`;
    case "cumulate":
      return `cumulate ${formatDuration(window.sizeMs)} by ${formatDuration(window.stepMs)}`;
    case "session":
      return `session gap ${formatDuration(window.gapMs)}`;
  }
}
