export type {
  CliEnvironment,
  LoadedPipeline,
  RunFlags,
  SavedPipeline,
  SavedPlace,
  WatchedRun,
} from "./environment.ts";
export { exitCodes, main } from "./main.ts";
