export type {
  CliEnvironment,
  LoadedPipeline,
  RunFlags,
  SavedPipeline,
  RegistrySettings,
  RegistryUser,
  SavedPlace,
  SchemaSource,
  WatchedRun,
} from "./environment.ts";
export { exitCodes, main } from "./main.ts";
