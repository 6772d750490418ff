import { join } from "node:path";
import type { AbsentPeer, Command, OutputForm, Peer, PeerPromise, Surroundings } from "./peer.ts";

const millrace: Peer = {
  name: "millrace",
  title: "Millrace, topics of kafka://, one process",
  promise: "exactly once",
  output: "some counts",
  isBounded: true,
  isSlow: false,
  command: ({ sources, brokers }) => ({
    program: process.execPath,
    args: [
      join(sources, "../../packages/millrace/bin/pipe.js"),
      "run",
      join(sources, "millrace", "jobs.ts"),
      `--log=kafka://${brokers}`,
      "--partitions=4",
      "--json",
    ],
  }),
};

function nodePeer(
  name: string,
  script: string,
  title: string,
  more: Partial<Peer> = {},
  env: Readonly<Record<string, string>> = {},
): Peer {
  return {
    name,
    title,
    // Offsets are committed after the output; maps in memory are lost.
    promise: "at least once",
    software: "node",
    output: "rows",
    isBounded: false,
    isSlow: false,
    command: ({ software }) => ({
      program: process.execPath,
      args: [join(software, script)],
      env,
    }),
    ...more,
  };
}

const stateIsLost = "its state would be a Map that a crash loses: no transaction covers it";

const nodePeers: readonly Peer[] = [
  nodePeer("kafkajs", "kafkajs.mjs", "kafkajs 2.2.4, JSON.parse and Map"),
  nodePeer("kafkajs-tuned", "kafkajs-tuned.mjs", "kafkajs 2.2.4, tuned by hand"),
  nodePeer(
    "kafkajs-eos",
    "kafkajs.mjs",
    "kafkajs 2.2.4, a transaction a batch",
    {
      promise: "exactly once",
      cannot: { j2: stateIsLost, j3: stateIsLost, j4: stateIsLost },
    },
    { GUARANTEE: "exactly-once" },
  ),
  nodePeer("platformatic", "platformatic.mjs", "@platformatic/kafka 1.35.0, JSON.parse and Map"),
];

const heap = "-Xmx4g";

/** Packages of the JDK that Flink reaches into, as its own start script says. */
const opened =
  "java.lang java.lang.invoke java.net java.nio java.text java.time java.util " +
  "java.util.concurrent java.util.concurrent.atomic java.util.concurrent.locks " +
  "sun.net.util sun.nio.ch";
const opens = opened.split(" ").flatMap((name) => ["--add-opens", `java.base/${name}=ALL-UNNAMED`]);

function javaCommand(
  { software }: Surroundings,
  main: string,
  options: readonly string[],
  env: Readonly<Record<string, string>>,
): Command {
  const classPath = `${join(software, "classes")}:${join(software, "lib")}/*`;
  const args = ["-XX:+UseParallelGC", heap, ...options, "-cp", classPath, main];
  return { program: "java", args, env };
}

const promises = [
  { suffix: "alo", promise: "at least once" },
  { suffix: "eos", promise: "exactly once" },
] as const;

const streamsPeers: readonly Peer[] = ["", "-mem"].flatMap((store) =>
  promises.map(({ suffix, promise }) => ({
    name: `streams${store}-${suffix}`,
    title: `Kafka Streams 4.3.1, ${store === "" ? "RocksDB" : "stores in memory"}`,
    promise,
    software: "kafka-streams" as const,
    output: "rows" as const,
    isBounded: false,
    isSlow: false,
    needsNudges: true,
    command: (surroundings: Surroundings) =>
      javaCommand(surroundings, "peers.Streams", [], {
        GUARANTEE: suffix === "eos" ? "exactly_once_v2" : "at_least_once",
        STORE: store === "" ? "rocksdb" : "in_memory",
      }),
  })),
);

const flinkPeers: readonly Peer[] = ["", "-mini"].flatMap((batches) =>
  promises.map(({ suffix, promise }) => ({
    name: `flink${batches}-${suffix}`,
    title: `Flink SQL 2.2.1, heap${batches === "" ? "" : ", mini-batch"}`,
    promise,
    software: "flink" as const,
    output: batches === "" ? ("rows" as const) : ("some counts" as const),
    isBounded: true,
    isSlow: false,
    command: (surroundings: Surroundings) =>
      javaCommand(surroundings, "peers.FlinkSql", opens, {
        GUARANTEE: suffix === "eos" ? "exactly-once" : "at-least-once",
        MINIBATCH: batches === "" ? "0" : "1",
      }),
  })),
);

interface PythonPeer {
  readonly name: string;
  readonly title: string;
  readonly promise: PeerPromise;
  readonly software: "pathway" | "quixstreams" | "bytewax";
  readonly script: string;
  readonly output?: OutputForm;
  readonly isBounded?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

function pythonPeer({ script, env = {}, output, isBounded, ...rest }: PythonPeer): Peer {
  return {
    ...rest,
    output: output ?? "rows",
    isBounded: isBounded ?? false,
    isSlow: true,
    command: ({ software, sources }) => ({
      program: join(software, "bin", "python"),
      args: [join(sources, "python", script)],
      env,
    }),
  };
}

const pathway = {
  software: "pathway",
  script: "pathway_jobs.py",
  output: "differences",
} as const;
const quix = { software: "quixstreams", script: "quix_jobs.py" } as const;
const bytewax = { software: "bytewax", script: "bytewax_jobs.py", isBounded: true } as const;

const pythonPeers: readonly Peer[] = [
  {
    ...pathway,
    name: "pathway",
    title: "Pathway 0.33.0, no persistence",
    promise: "nothing" as const,
  },
  {
    ...pathway,
    name: "pathway-alo",
    title: "Pathway 0.33.0, persistence each second",
    promise: "at least once" as const,
    env: { PERSISTENCE: "1" },
  },
  {
    ...quix,
    name: "quix-alo",
    title: "Quix Streams 3.28.1, RocksDB",
    promise: "at least once" as const,
  },
  {
    ...quix,
    name: "quix-eos",
    title: "Quix Streams 3.28.1, RocksDB",
    promise: "exactly once" as const,
    env: { GUARANTEE: "exactly-once" },
  },
  {
    ...bytewax,
    name: "bytewax",
    title: "Bytewax 0.21.1, no recovery store",
    promise: "nothing" as const,
  },
  {
    ...bytewax,
    name: "bytewax-alo",
    title: "Bytewax 0.21.1, recovery store each second",
    promise: "at least once" as const,
    env: { RECOVERY: "1" },
  },
].map(pythonPeer);

/** All that can be run, ours first. */
export const peers: readonly Peer[] = [
  millrace,
  ...nodePeers,
  ...streamsPeers,
  ...flinkPeers,
  ...pythonPeers,
];

/** What would belong into the table and has no such setting. */
export const absentPeers: readonly AbsentPeer[] = [
  {
    name: "millrace-alo",
    title: "Millrace",
    promise: "at least once",
    reason: "it has no such mode: everything it writes to topics is in a transaction",
  },
  {
    name: "pathway-eos",
    title: "Pathway 0.33.0",
    promise: "exactly once",
    reason: "only its enterprise edition promises it; the free one is at least once",
  },
  {
    name: "bytewax-eos",
    title: "Bytewax 0.21.1",
    promise: "exactly once",
    reason: "its Kafka sink has no transactions",
  },
];
