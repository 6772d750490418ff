/**
 * The four jobs that every engine can run, as `pipelines/nexmark/oracle/queries.sql` defines them.
 */
export const jobNames = ["j1", "j2", "j3", "j4"] as const;
/** One of the jobs. */
export type JobName = (typeof jobNames)[number];

/** What a peer promises of its output after a crash, by its own documentation. */
export type PeerPromise = "exactly once" | "at least once" | "nothing";

/** Which software has to be installed for a peer: a directory of the cache. */
export type SoftwareName =
  | "node"
  | "kafka-streams"
  | "flink"
  | "pathway"
  | "quixstreams"
  | "bytewax";

/** Where a peer's process finds everything. */
export interface Surroundings {
  /** Directory of the software that the peer needs. */
  readonly software: string;
  /** The project's own `benchmarks/peers`. */
  readonly sources: string;
  readonly brokers: string;
}

/** How a peer's process is started. Job, topics and directories come as environment. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** How a peer writes the result of a job. */
export type OutputForm =
  /** Rows that stay; of j4 one for each bid. */
  | "rows"
  /** Of j4 not each count, only some, the last among them. */
  | "some counts"
  /** Rows with `diff`: 1 brings a row, −1 takes it back. */
  | "differences";

/** Something that can do the jobs, in one of its settings. */
export interface Peer {
  readonly name: string;
  /** With version and setting, for people. */
  readonly title: string;
  readonly promise: PeerPromise;
  /** Absent: everything is in the repository. */
  readonly software?: SoftwareName;
  readonly output: OutputForm;
  /** Whether the process ends by itself at the end of the input. */
  readonly isBounded: boolean;
  /** Whether so slow that it gets a tenth of the input. */
  readonly isSlow: boolean;
  /** Jobs that it cannot do, with the reason. */
  readonly cannot?: Readonly<Partial<Record<JobName, string>>>;
  /** Whether results of windows come only when later records do. */
  readonly needsNudges?: boolean;
  command(surroundings: Surroundings): Command;
}

/** A peer, or a setting of one, that is not run at all. */
export interface AbsentPeer {
  readonly name: string;
  readonly title: string;
  readonly promise: PeerPromise;
  readonly reason: string;
}
