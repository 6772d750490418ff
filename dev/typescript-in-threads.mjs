// Lets the threads of a process import TypeScript, which Node 20 cannot: for `node --import`. The
// tests run threads from the sources with it; for the main thread vitest transforms them, and a
// process without threads pays nothing.
import { register } from "node:module";
import { isMainThread } from "node:worker_threads";

if (!isMainThread) register("./typescript-loader.mjs", import.meta.url);
