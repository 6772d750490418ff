import type { Plugin } from "vite";

/** Serves the examples of docstrings as virtual modules. */
export function docExamples(): Plugin;
