// Lets Node 20 import TypeScript: `node --import ./dev/typescript-hook.mjs`. Threads inherit it, so
// that tests can run threads from the sources, which vitest transforms for its own thread only.
import { register } from "node:module";

register("./typescript-loader.mjs", import.meta.url);
