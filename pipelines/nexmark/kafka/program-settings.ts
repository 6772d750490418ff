import { parseArgs } from "node:util";
import { kafkaQueries } from "./kafka-queries.ts";
import type { TopicFormat } from "./kafka-pipeline.ts";
import { queryOf } from "../queries/queries.ts";
import type { NexmarkQuery } from "../queries/query.ts";

/** What `npm run nexmark -- --log kafka` is told. */
export interface Settings {
  readonly chosen: readonly NexmarkQuery[];
  readonly events: number;
  readonly seed: number;
  readonly rate: number;
  readonly outOfOrder: number;
  readonly partitions: number;
  readonly batchRows: number;
  readonly processes: number;
  /** 0: none is killed. */
  readonly killEverySeconds: number;
  readonly restartsBroker: boolean;
  /** How many are started, or where they are. */
  readonly brokers: 1 | 3 | string;
  readonly format: TopicFormat;
  readonly sessionTimeoutMs: number;
  readonly isChecked: boolean;
  readonly isJson: boolean;
}

const usage = `npm run nexmark -- --log kafka [options]
  --queries q0,q5     default: ${kafkaQueries.map(({ name }) => name).join(", ")}
  --events N          records, default 1000000
  --seed S            default 42
  --rate R            records per second of event time, default 1000
  --out-of-order G    records change places within groups of G, default 1
  --partitions P      of the topics, and tasks of each stage, default 4
  --batch B           rows of a batch, default 65536
  --format F          of the records in topics: json (default) or avro
  --processes N       that run a query together, default 1
  --kill-every S      kill -9 a random process about every S seconds; another is started
  --brokers B         1 (default) or 3, which are started, or host:port,…
  --broker-restart    one broker is killed or ended in the middle, and started again
  --session MS        after which a process that is silent is given up, default 6000
  --no-check          only time the queries
  --json              one JSON object a line
`;

/** Reads the command line; prints the usage and ends the process where it is asked for or wrong. */
export function readSettings(): Settings {
  try {
    const { values } = parse();
    if (values.help) {
      process.stdout.write(usage);
      process.exit(0);
    }
    if (values.log !== "kafka") throw new Error("--log must be kafka");
    const brokers = brokersOf(values.brokers);
    if (values["broker-restart"] && typeof brokers === "string") {
      throw new Error("--broker-restart is for brokers that are started here");
    }
    return {
      chosen: values.queries === undefined ? kafkaQueries : values.queries.split(",").map(queryOf),
      events: whole("events", values.events, 1),
      seed: whole("seed", values.seed, 0),
      rate: whole("rate", values.rate, 1),
      outOfOrder: whole("out-of-order", values["out-of-order"], 1),
      partitions: whole("partitions", values.partitions, 1),
      batchRows: whole("batch", values.batch, 1),
      processes: whole("processes", values.processes, 1),
      killEverySeconds: whole("kill-every", values["kill-every"], 0),
      restartsBroker: values["broker-restart"],
      brokers,
      format: formatNamed(values.format),
      sessionTimeoutMs: whole("session", values.session, 1000),
      isChecked: values.check,
      isJson: values.json,
    };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    process.exit(2);
  }
}

function parse() {
  const text = (fallback: string) => ({ type: "string", default: fallback }) as const;
  const flag = (fallback: boolean) => ({ type: "boolean", default: fallback }) as const;
  return parseArgs({
    options: {
      log: text("kafka"),
      queries: { type: "string" },
      events: text("1000000"),
      seed: text("42"),
      rate: text("1000"),
      "out-of-order": text("1"),
      partitions: text("4"),
      batch: text("65536"),
      format: text("json"),
      processes: text("1"),
      "kill-every": text("0"),
      brokers: text("1"),
      "broker-restart": flag(false),
      session: text("6000"),
      check: flag(true),
      json: flag(false),
      help: flag(false),
    },
    allowNegative: true,
  });
}

function brokersOf(text: string): 1 | 3 | string {
  if (text === "1" || text === "3") return text === "1" ? 1 : 3;
  if (text.includes(":")) return text;
  throw new Error("--brokers must be 1, 3, or host:port,…");
}

function formatNamed(text: string): TopicFormat {
  if (text === "json" || text === "avro") return text;
  throw new Error("--format must be json or avro.");
}

/** A whole number of the command line. @throws Error */
export function whole(name: string, text: string, least: number): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new Error(`--${name} must be a whole number of at least ${least}.`);
}
