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
  TestFlags,
  WatchedRun,
} from "./environment.ts";
export type {
  BranchCoverage,
  FailedSeed,
  FunctionFinding,
  GoldenReport,
  OperatorCoverage,
  PipelineTestReport,
} from "./test-report.ts";
export { exitCodes, main } from "./main.ts";
