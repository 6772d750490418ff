import { type Clock, type Log, millraceError, systemClock } from "@millrace/core";
import { type KafkaLogOptions, openKafkaLog, openLmdbLog, parseKafkaUrl } from "@millrace/log";

/** Where a log is: a directory, or a Kafka cluster by `kafka://host:port,…` or by its options. */
export type LogPlace = string | KafkaLogOptions;

/** Whether a log's place is a Kafka cluster, and not a directory. */
export function isKafkaUrl(place: string): boolean {
  return place.startsWith("kafka:");
}

/** What a URL may say beside how the brokers are reached. */
const logParameters = ["replication", "sessionTimeoutMs", "transactionTimeoutMs"] as const;

type Compression = NonNullable<KafkaLogOptions["compression"]>;
const compressions: readonly Compression[] = ["gzip", "snappy", "lz4", "zstd"];

/**
 * How a Kafka log is opened: what the URL says
 * (`kafka://host:port?ssl=true&replication=3&instance=a`, with `sessionTimeoutMs`,
 * `transactionTimeoutMs`, `compression` and `clientId`), and what is given beside. Secrets have no
 * place in a URL.
 *
 * @throws KAFKA_OPTIONS_INVALID
 */
export function kafkaOptions(url: string, given: Partial<KafkaLogOptions> = {}): KafkaLogOptions {
  const [place = "", query = ""] = url.split("?");
  const parameters = new URLSearchParams(query);
  const ofLog = takeLogParameters(parameters);
  const rest = parameters.size === 0 ? "" : `?${parameters.toString()}`;
  return { ...parseKafkaUrl(place + rest), ...ofLog, ...given };
}

/** Takes out what only the log understands. */
function takeLogParameters(parameters: URLSearchParams): Partial<KafkaLogOptions> {
  const taken: { -readonly [Name in keyof KafkaLogOptions]?: KafkaLogOptions[Name] } = {};
  for (const name of logParameters) {
    const text = parameters.get(name);
    parameters.delete(name);
    if (text === null) continue;
    if (!/^[1-9]\d{0,8}$/.test(text)) {
      const problem = `${name} must be a whole number of at least 1`;
      throw millraceError("KAFKA_OPTIONS_INVALID", { problem });
    }
    taken[name] = Number(text);
  }
  const compression = parameters.get("compression");
  parameters.delete("compression");
  if (compression !== null) taken.compression = compressionOf(compression);
  const instance = parameters.get("instance");
  parameters.delete("instance");
  if (instance !== null && instance !== "") taken.instance = instance;
  return taken;
}

function compressionOf(name: string): Compression {
  const found = compressions.find((candidate) => candidate === name);
  if (found !== undefined) return found;
  const problem = `compression must be one of ${compressions.join(", ")}`;
  throw millraceError("KAFKA_OPTIONS_INVALID", { problem });
}

/**
 * Opens the log at a place.
 *
 * @throws LOG_STORAGE_FAILED, KAFKA_UNREACHABLE, KAFKA_TLS_FAILED, KAFKA_AUTHENTICATION_FAILED,
 *   KAFKA_OPTIONS_INVALID
 */
export function openLog(place: LogPlace, clock: Clock = systemClock): Promise<Log> {
  if (typeof place !== "string") return openKafkaLog(place, clock);
  if (isKafkaUrl(place)) return openKafkaLog(kafkaOptions(place), clock);
  return openLmdbLog({ directory: place });
}
