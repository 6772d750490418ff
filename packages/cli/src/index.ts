export type {
  CliEnvironment,
  LoadedPipeline,
  RunFlags,
  SavedPipeline,
  WatchedRun,
} from "./environment.ts";
export { exitCodes, main } from "./main.ts";
