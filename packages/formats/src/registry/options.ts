import { millraceError } from "@millrace/core";

/** Where schemas are kept, and how those of written records are named. Plain data, no secrets. */
export type RegistryOptions = {
  /** The registry's address, with the path of its Confluent API where it has one. */
  readonly url: string;
  /** Who asks; default nobody. */
  readonly auth?: RegistryAuth;
  /**
   * What written schemas are registered under: `topic` (default) is `<topic>-value`, `record` the
   * schema's full name, `topic-record` both, `<topic>-<name>`; or a subject as it is.
   */
  readonly subject?: "topic" | "record" | "topic-record" | { readonly name: string };
  /** Full name of the record, as `shop.Order`, in written schemas. Default: `Row`. */
  readonly recordName?: string;
  /** Longest wait for an answer, in ms. Default 10,000. */
  readonly timeoutMs?: number;
};

/**
 * Secrets are named, not given: they are read from variables of the environment when the registry
 * is first asked, so that no plan and no state holds them.
 */
export type RegistryAuth =
  | { readonly user: string; readonly passwordVariable: string }
  | { readonly tokenVariable: string };

/** What the records of a format are of: a topic's keys or values. */
export interface RecordPlace {
  readonly topic: string;
  readonly part: "key" | "value";
}

const nameForm = /^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$/;

/** @throws MillraceError `CONNECTOR_CONFIG_INVALID` */
export function checkRegistryOptions({ url, recordName, timeoutMs }: RegistryOptions): void {
  if (!URL.canParse(url)) throw invalid("url must be an address, http://host:port");
  const { protocol, username, password, search, hash } = new URL(url);
  if (protocol !== "http:" && protocol !== "https:") throw invalid("url must be of http or https");
  if (username !== "" || password !== "") {
    throw invalid(
      "url holds a user or password: give auth, which names variables of the environment",
    );
  }
  if (search !== "" || hash !== "") throw invalid("url must end with its path");
  if (recordName !== undefined && !nameForm.test(recordName)) {
    throw invalid("recordName must be names with dots between them");
  }
  if (timeoutMs !== undefined && !(Number.isInteger(timeoutMs) && timeoutMs > 0)) {
    throw invalid("timeoutMs must be a whole number above 0");
  }
}

/**
 * The subject that a written schema is registered under.
 *
 * @throws MillraceError `CONNECTOR_CONFIG_INVALID` when it needs a topic and there is none
 */
export function subjectOf(
  { subject = "topic" }: RegistryOptions,
  recordName: string,
  place: RecordPlace | undefined,
): string {
  if (typeof subject === "object") return subject.name;
  if (subject === "record") return recordName;
  if (place === undefined) throw invalid("records without a topic need a subject by name");
  return subject === "topic" ? `${place.topic}-${place.part}` : `${place.topic}-${recordName}`;
}

function invalid(problem: string): Error {
  return millraceError("CONNECTOR_CONFIG_INVALID", { connector: "registry", problem });
}
