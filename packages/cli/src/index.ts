export type { CliEnvironment, LoadedPipeline, RunFlags, WatchedRun } from "./environment.ts";
export { exitCodes, main } from "./main.ts";
