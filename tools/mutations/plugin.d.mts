import type { Plugin } from "vitest/config";

export function mutation(): Plugin;
