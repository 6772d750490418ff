import { readFileSync } from "node:fs";
import { millraceError } from "@millrace/core";
import type { KafkaLogOptions } from "@millrace/log";

type Security = Pick<KafkaLogOptions, "ssl" | "sasl">;
type Sasl = NonNullable<KafkaLogOptions["sasl"]>;
type Tls = Exclude<NonNullable<KafkaLogOptions["ssl"]>, boolean>;
type Environment = Readonly<Record<string, string | undefined>>;

const prefix = "MILLRACE_KAFKA_";

/**
 * Who we are and whom we trust, as the environment says it: secrets have no place in a URL.
 *
 * | Variable `MILLRACE_KAFKA_…` | says |
 * |---|---|
 * | `USERNAME`, `PASSWORD` | who we are |
 * | `MECHANISM` | `plain` (default), `scram-sha-256` or `scram-sha-512` |
 * | `TOKEN_FILE` | a file with an OAuth token instead, read anew for every connection |
 * | `CA_FILE` | PEM of the authorities that brokers are trusted by, instead of the system's |
 * | `CERT_FILE`, `KEY_FILE` | PEM of our own certificate and its key |
 * | `KEY_PASSPHRASE` | of the key |
 *
 * A file of TLS means TLS, whether or not the URL says `ssl=true`.
 *
 * @throws KAFKA_OPTIONS_INVALID when they contradict each other or are not complete
 * @throws FILE_NOT_FOUND, FILE_PERMISSION_DENIED
 */
export function kafkaOfEnvironment(env: Environment): Security {
  const sasl = saslOf(env);
  const ssl = tlsOf(env);
  return { ...(sasl === undefined ? {} : { sasl }), ...(ssl === undefined ? {} : { ssl }) };
}

function saslOf(env: Environment): Sasl | undefined {
  const { USERNAME, PASSWORD, TOKEN_FILE, MECHANISM } = named(env);
  if (TOKEN_FILE !== undefined) {
    const isAlone = USERNAME === undefined && PASSWORD === undefined;
    if (!isAlone) throw invalid(`${prefix}TOKEN_FILE stands for ${prefix}USERNAME and a password`);
    if (MECHANISM !== undefined && MECHANISM !== "oauthbearer") {
      throw invalid(`the mechanism of ${prefix}TOKEN_FILE is oauthbearer`);
    }
    return { mechanism: "oauthbearer", tokenFile: TOKEN_FILE };
  }
  if (USERNAME === undefined && PASSWORD === undefined && MECHANISM === undefined) return undefined;
  const mechanism = MECHANISM ?? "plain";
  if (mechanism !== "plain" && mechanism !== "scram-sha-256" && mechanism !== "scram-sha-512") {
    const known = "plain, scram-sha-256 or scram-sha-512, or left out";
    throw invalid(
      mechanism === "oauthbearer"
        ? `oauthbearer wants a token in the file that ${prefix}TOKEN_FILE names`
        : `${prefix}MECHANISM is ${known}`,
    );
  }
  if (USERNAME === undefined || PASSWORD === undefined) {
    throw invalid(`${prefix}USERNAME and ${prefix}PASSWORD belong together`);
  }
  return { mechanism, username: USERNAME, password: PASSWORD };
}

function tlsOf(env: Environment): Tls | undefined {
  const { CA_FILE, CERT_FILE, KEY_FILE, KEY_PASSPHRASE } = named(env);
  if ((CERT_FILE === undefined) !== (KEY_FILE === undefined)) {
    throw invalid(`${prefix}CERT_FILE and ${prefix}KEY_FILE belong together`);
  }
  if (CA_FILE === undefined && CERT_FILE === undefined) return undefined;
  return {
    ...(CA_FILE === undefined ? {} : { ca: readPem(CA_FILE) }),
    ...(CERT_FILE === undefined ? {} : { cert: readPem(CERT_FILE) }),
    ...(KEY_FILE === undefined ? {} : { key: readPem(KEY_FILE) }),
    ...(KEY_PASSPHRASE === undefined ? {} : { passphrase: KEY_PASSPHRASE }),
  };
}

type Name =
  | "USERNAME"
  | "PASSWORD"
  | "MECHANISM"
  | "TOKEN_FILE"
  | "CA_FILE"
  | "CERT_FILE"
  | "KEY_FILE"
  | "KEY_PASSPHRASE";

/** The variables without their prefix; an empty one counts as none. */
function named(env: Environment): Readonly<Partial<Record<Name, string>>> {
  const present = Object.entries(env).filter(([name, value]) => {
    return name.startsWith(prefix) && value !== undefined && value !== "";
  });
  return Object.fromEntries(present.map(([name, value]) => [name.slice(prefix.length), value]));
}

function readPem(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EACCES") {
      throw millraceError("FILE_PERMISSION_DENIED", { path, action: "read" }, { cause: error });
    }
    throw millraceError("FILE_NOT_FOUND", { path }, { cause: error });
  }
}

function invalid(problem: string): Error {
  return millraceError("KAFKA_OPTIONS_INVALID", { problem });
}
