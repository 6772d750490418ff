import type {
  Cluster,
  ClusterOptions,
  KafkaService,
  OwnStore,
  RegistryService,
  StoreName,
  StoreService,
} from "./services.mjs";

/**
 * Describes tests that use the one-node Kafka of the run. It starts before the first of them; where
 * tests are described its properties cannot be read yet.
 *
 * Where the machine cannot run it the tests are skipped, and the suite's name says why; with
 * MILLRACE_REQUIRE_SERVICES=1 they fail.
 */
export function describeWithKafka(name: string, body: (kafka: KafkaService) => void): void;

/** As `describeWithKafka`, with the three-node Kafka that test files share; nobody may kill it. */
export function describeWithKafka3(name: string, body: (kafka: KafkaService) => void): void;

/** As `describeWithKafka`, with the schema registry of the run. */
export function describeWithRegistry(name: string, body: (registry: RegistryService) => void): void;

/** As `describeWithKafka`, with a store that test files share: use table names of your own. */
export function describeWithStore(
  store: StoreName,
  name: string,
  body: (store: StoreService) => void,
): void;

/** As `describeWithKafka`, with a store of the suite's own, which ends with it. */
export function describeWithOwnStore(
  store: StoreName,
  name: string,
  body: (store: OwnStore) => void,
): void;

/**
 * As `describeWithKafka`, with a cluster of the suite's own, which ends with it. A function makes
 * the options before it starts.
 */
export function describeWithOwnCluster(
  name: string,
  options: ClusterOptions | (() => Promise<ClusterOptions>),
  body: (cluster: Cluster) => void,
): void;
