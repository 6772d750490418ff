#!/usr/bin/env node
import { existsSync } from "node:fs";

const entry = new URL("../dist/command-line.js", import.meta.url);
if (!existsSync(entry)) {
  // A checkout that was never built; an installed package brings its dist along.
  const { build } = await import("../../../dev/build.mjs");
  const { code, output } = await build();
  if (code !== 0) {
    process.stderr.write(output);
    process.exit(3);
  }
}
const { runCommandLine } = await import(entry.href);
process.exitCode = await runCommandLine(process.argv.slice(2), process.env);
