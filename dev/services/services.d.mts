/** A store that sinks are tested on, of one server. */
export type StoreName = "postgres" | "redis" | "mongodb";

/** One broker, three brokers, a schema registry with the broker that it is kept in, or a store. */
export type ServiceName = "kafka" | "kafka3" | "registry" | StoreName;

/** A store that runs. */
export interface StoreService {
  /** With user and password, as "postgres://millrace:millrace@127.0.0.1:24001/millrace". */
  readonly url: string;
}

/** A store of one's own. */
export interface OwnStore extends StoreService {
  /** SIGKILL of all its processes: a crash. Data is kept. */
  kill(): Promise<void>;
  /** It ends as it should. */
  stop(): Promise<void>;
  /** Starts it after `kill` or `stop` and waits until it serves. */
  start(): Promise<void>;
  /** SIGSTOP: its connections stay open, and silent. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Ends it and deletes its data; so does the end of the process. */
  close(): Promise<void>;
}

/** A Kafka of one or three nodes that runs. Topics are not made by themselves. */
export interface KafkaService {
  /** Addresses, as "127.0.0.1:24001". */
  readonly brokers: string[];
}

/** A schema registry that runs, and the Kafka that it is kept in. */
export interface RegistryService extends KafkaService {
  /** Its Confluent API, as "http://127.0.0.1:24009/apis/ccompat/v7". */
  readonly url: string;
}

/** A Kafka of one's own. Nodes are counted from 1 and listen on `brokers` in this order. */
export interface Cluster extends KafkaService {
  /** SIGKILL: a crash. Data is kept. */
  kill(node: number): Promise<void>;
  /** SIGTERM: leaders move, then the node ends. */
  stop(node: number): Promise<void>;
  /** Starts a node that was killed or stopped and waits until it serves. */
  start(node: number): Promise<void>;
  /** SIGSTOP: its connections stay open, and silent. */
  pause(node: number): Promise<void>;
  resume(node: number): Promise<void>;
  /** Ends all nodes and deletes their data; so does the end of the process. */
  close(): Promise<void>;
}

export interface ClusterOptions {
  /** 3 by default. */
  readonly nodes?: 1 | 3;
  /**
   * Settings of every broker, beyond those of kafka.sh. `{port+K}` stands for the port K after that
   * of the first broker; with one node 1, 2, 4, 5 and 6 are free.
   */
  readonly settings?: Readonly<Record<string, string | number>>;
  /** As a broker that runs for long: 1 GiB and the optimising compiler. Default: quick to start. */
  readonly isMeasured?: boolean;
}

/** Why the machine cannot run a service. */
export interface MissingService {
  readonly skipReason: string;
}

/** Whether MILLRACE_REQUIRE_SERVICES=1 makes a failure of a missing service. */
export function areServicesRequired(env?: Record<string, string | undefined>): boolean;

/**
 * A service that all test files of a run share: started by the first who asks, ended with the run.
 * Use topic and group names of your own. The first time on a machine it is installed by Maven.
 *
 * @throws Error when it does not start
 */
export function startService(name: "registry"): Promise<RegistryService>;
export function startService(name: StoreName): Promise<StoreService>;
export function startService(name: "kafka" | "kafka3"): Promise<KafkaService>;

/**
 * As `startService`, or the reason why this machine cannot run it.
 *
 * @throws Error when services are required and this one is missing
 */
export function service(name: "registry"): Promise<RegistryService | MissingService>;
export function service(name: StoreName): Promise<StoreService | MissingService>;
export function service(name: "kafka" | "kafka3"): Promise<KafkaService | MissingService>;

/**
 * A store that nobody else uses, for tests that disturb it. Redis takes 0.1 s, others about 2 s.
 *
 * @throws Error when it does not start, or when the machine cannot run it
 */
export function ownStore(
  name: StoreName,
  options?: { readonly settings?: Readonly<Record<string, string | number>> },
): Promise<OwnStore>;

/**
 * A Kafka that nobody else uses, for tests that kill brokers. Costs 5 to 10 s for one node and 15
 * to 25 s for three.
 *
 * @throws Error when it does not start, or when the machine cannot run Kafka
 */
export function ownCluster(options?: ClusterOptions): Promise<Cluster>;

/**
 * Runs one of Kafka's command-line classes, about 2 s. Kafka must be installed: where one runs, it
 * is.
 *
 * @param input what it reads from stdin; default nothing
 * @returns what it wrote to stdout
 * @throws Error with what it wrote when its exit code is not 0
 */
export function kafkaTool(
  className: string,
  args: readonly string[],
  input?: string,
): Promise<string>;
