import type { Json } from "@millrace/core";
import type { PlannedPipeline } from "@millrace/planner";
import type { PipelineTestReport } from "./test-report.ts";
import type { RunStatus, RunSummary, StuckReport, TopicsReport } from "@millrace/runtime";

/** A pipeline as the command line sees it: loaded from a file, run by what it was given. */
export interface LoadedPipeline {
  readonly name: string;
}

/** Settings of a run that come from flags. */
export interface RunFlags {
  readonly partitions?: number;
  readonly batchRows?: number;
  readonly threads?: number;
  readonly standby?: number;
  readonly state: string;
  /** Directory of a shared log, used instead of `state`. */
  readonly log?: string;
  readonly fresh: boolean;
  readonly parameters: Readonly<Record<string, Json>>;
}

/** Settings of a test that come from flags. */
export interface TestFlags {
  readonly partitions: number;
  readonly parameters: Readonly<Record<string, Json>>;
  /** The log that has the topics of sources. */
  readonly log?: string;
  /** Rows of each source that are read at most. */
  readonly rowsMax: number;
  /** Rows that are made for each source in place of those that it holds; absent: none are. */
  readonly fuzzRows?: number;
  /** Runs under faults, one for each. */
  readonly seeds: readonly number[];
  /** Directory of files with what sinks are expected to hold, and whether to write them anew. */
  readonly golden?: { readonly directory: string; readonly isUpdate: boolean };
  /** Names of the faults that there may be; absent: all that a run survives. */
  readonly faults?: readonly string[];
}

/** How the lines of a run's log look; `none`: there is none. */
export type LogFormat = "ecs" | "pretty" | "none";

/** How important a line of a log is. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** What of a run is observed, by flags. */
export interface ObserveFlags {
  readonly metricsPort?: number;
  readonly metricsHost?: string;
  readonly logFormat?: LogFormat;
  readonly logLevel?: LogLevel;
}

/** What observes a run. */
export interface Observing {
  /** Where metrics are served, without a path. */
  readonly metricsUrl?: string;
  /** Logs a failure that came before there was a run to log it; absent where nothing is logged. */
  readonly logFailure?: (error: unknown) => void;
  close(): Promise<void>;
}

/** A run that the command line watches. */
export interface WatchedRun {
  readonly finished: Promise<RunSummary>;
  status(): RunStatus | undefined;
  stop(): Promise<RunSummary>;
}

/** Where state was saved: a log that pipelines share, or else a state directory. */
export type SavedPlace = Pick<RunFlags, "state" | "log">;

/** A pipeline that has saved state. */
export interface SavedPipeline extends SavedPlace {
  readonly pipeline: string;
}

/** A row type that follows from a schema, as TypeScript. */
export interface SchemaSource {
  /** The topic that has records of it, as far as its name tells. */
  readonly topic: string;
  /** The log that has the topic, where it is known. */
  readonly log?: string;
  /** Name of the row type. */
  readonly name: string;
  /** Name of the function that describes the records: `avro`. */
  readonly format: string;
  /** The row type's declaration, exported. */
  readonly rowType: string;
  /** The call that describes the records: `avro(Order)`. */
  readonly descriptor: string;
}

/** Who asks a registry; secrets are named by variables of the environment. */
export type RegistryUser =
  | { readonly user: string; readonly passwordVariable: string }
  | { readonly tokenVariable: string };

/** Where the schema of a topic is, and who asks for it. */
export interface RegistrySettings {
  /** Address of the registry that has the schemas of a Kafka topic. */
  readonly url?: string;
  readonly user?: RegistryUser;
}

/** What `pipe` needs from Millrace and from the machine; the `millrace` package fills it in. */
export interface CliEnvironment {
  readonly version: string;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  readonly isTerminal: boolean;
  isPipeline(value: unknown): value is LoadedPipeline;
  plan(pipeline: LoadedPipeline, flags: RunFlags): PlannedPipeline;
  /** Opens what observes a run; to be closed after it. */
  observe(flags: ObserveFlags): Promise<Observing>;
  /**
   * @param module that threads load the pipeline from, until the call has returned
   * @param observing from `observe`
   */
  start(
    pipeline: LoadedPipeline,
    flags: RunFlags,
    module: URL,
    observing: Observing,
  ): Promise<WatchedRun>;
  /**
   * Runs a pipeline over what its sources hold, several times and under faults, and compares.
   *
   * @param module that the pipeline is loaded from, anew for each of its lives
   * @param onProgress called after each seed
   */
  test(
    module: URL,
    flags: TestFlags,
    onProgress: (done: number, total: number) => void,
  ): Promise<PipelineTestReport>;
  /** Dead letters that a pipeline's saved state holds, oldest first. */
  deadLetters(pipeline: string, place: SavedPlace): Promise<readonly unknown[]>;
  /**
   * The row type of the schema in a file, of a registry's subject, or of a Kafka topic's values.
   */
  schemaSource(from: string, registry: RegistrySettings): Promise<SchemaSource>;
  /** Asks somebody at the terminal. @returns the answer, empty where the input has ended */
  ask(question: string): Promise<string>;
  /** The topics of a log, and whose they are. */
  topics(log: string): Promise<TopicsReport>;
  /** Removes what a log keeps of a pipeline. @returns the names of its topics */
  removePipeline(log: string, pipeline: string): Promise<readonly string[]>;
  /** Gives each record that a topic holds, as text. */
  readTopic(log: string, name: string, take: (record: string) => void): Promise<void>;
  /** Appends the lines of the standard input. @returns how many */
  writeTopic(log: string, name: string, partitions: number | undefined): Promise<number>;
  /**
   * The pipelines that a log or a state directory holds. The directory of one pipeline's saved
   * state stands for that pipeline.
   */
  savedPipelines(place: SavedPlace): Promise<readonly SavedPipeline[]>;
  /** What holds the event time of a saved pipeline. */
  whyStuck(saved: SavedPipeline): Promise<StuckReport>;
}
