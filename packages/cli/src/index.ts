export type {
  CliEnvironment,
  LoadedPipeline,
  RunFlags,
  SavedPipeline,
  RegistryUser,
  SavedPlace,
  SchemaSource,
  WatchedRun,
} from "./environment.ts";
export { exitCodes, main } from "./main.ts";
