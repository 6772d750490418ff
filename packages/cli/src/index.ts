export type {
  CliEnvironment,
  LoadedPipeline,
  LogFormat,
  LogLevel,
  ObserveFlags,
  Observing,
  RunFlags,
  SavedPipeline,
  RegistrySettings,
  RegistryUser,
  SavedPlace,
  SchemaSource,
  WatchedRun,
} from "./environment.ts";
export { exitCodes, main } from "./main.ts";
