import { millraceError } from "@millrace/core";

/** How to reach a cluster: plain data, so that it can be a setting and cross threads. */
export interface KafkaOptions {
  /** `host:port` of some brokers; the others are learnt from them. */
  readonly brokers: readonly string[];
  /** What brokers log of us. Default: `millrace`. */
  readonly clientId?: string;
  /** TLS: true for the system's authorities, or PEM texts. */
  readonly ssl?: boolean | KafkaTls;
  readonly sasl?: KafkaSasl;
  /** How long opening and authenticating a connection may take. Default: 10 s. */
  readonly connectTimeoutMs?: number;
}

/** PEM texts of TLS. */
export interface KafkaTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly passphrase?: string;
  /** The name that the certificate must have, where it is not the host's. */
  readonly servername?: string;
}

/**
 * Who we are. A `tokenFile` is read anew for every connection, so whoever renews tokens writes it.
 */
export type KafkaSasl =
  | {
      readonly mechanism: "plain" | "scram-sha-256" | "scram-sha-512";
      readonly username: string;
      readonly password: string;
    }
  | { readonly mechanism: "oauthbearer"; readonly token: string }
  | { readonly mechanism: "oauthbearer"; readonly tokenFile: string };

/** A broker's address. */
export interface KafkaAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * Reads `kafka://host:port,host:port?ssl=true&clientId=name`. The port may be left out (9092).
 * Secrets do not belong into a URL and are refused there: give `sasl` as an option.
 *
 * ```ts import.meta.vitest
 * parseKafkaUrl("kafka://one:9092,two?ssl=true");
 * // => { brokers: ["one:9092", "two:9092"], ssl: true }
 * parseKafkaUrl("kafka://user:secret@one:9092"); // throws KAFKA_OPTIONS_INVALID
 * ```
 *
 * @throws KAFKA_OPTIONS_INVALID without repeating the URL, which may hold a secret
 */
export function parseKafkaUrl(url: string): KafkaOptions {
  const match = /^kafka:\/\/([^/?#]+)\/?(?:\?([^#]*))?$/.exec(url);
  if (match === null) throw invalid("a URL looks like kafka://host:port,host:port");
  const [, hosts = "", query = ""] = match;
  if (hosts.includes("@")) throw invalid("a URL holds no user and no password; use sasl");
  const brokers = hosts.split(",").map((host) => formatAddress(parseAddress(host)));
  const options: { brokers: string[]; ssl?: boolean; clientId?: string } = { brokers };
  for (const [name, value] of new URLSearchParams(query)) {
    if (name === "ssl" && /^(true|false)$/.test(value)) options.ssl = value === "true";
    else if (name === "clientId" && value !== "") options.clientId = value;
    else throw invalid("a URL may set ssl (true or false) and clientId");
  }
  return options;
}

/** Reads `host:port`, `[ipv6]:port` or `host`. @throws KAFKA_OPTIONS_INVALID */
export function parseAddress(text: string): KafkaAddress {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]@\s]+))(?::(\d{1,5}))?$/.exec(text);
  const port = Number(match?.[3] ?? 9092);
  if (match === null || port < 1 || port > 65_535) throw invalid("a broker is host:port");
  return { host: (match[1] ?? match[2]) as string, port };
}

/** `host:port`, with brackets around an IPv6 address. */
export function formatAddress(address: KafkaAddress): string {
  const host = address.host.includes(":") ? `[${address.host}]` : address.host;
  return `${host}:${address.port}`;
}

function invalid(problem: string): Error {
  return millraceError("KAFKA_OPTIONS_INVALID", { problem });
}
