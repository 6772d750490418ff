import type { Finding } from "./tidy.mjs";

/** Leaves out what the exceptions accept. */
export function applyExceptions(
  findings: readonly Finding[],
  exceptions: readonly { rule: string; path: string; count: number; reason: string }[],
): Finding[];
