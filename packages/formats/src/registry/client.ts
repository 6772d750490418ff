import { isMillraceError, type Json, millraceError } from "@millrace/core";
import type { RegistryAuth, RegistryOptions } from "./options.ts";
import type { RegisteredSchema, SchemaLanguage, SchemaReference } from "./registered-schema.ts";
import { secretOf } from "./secret.ts";

const contentType = "application/vnd.schemaregistry.v1+json";
const timeoutDefaultMs = 10_000;
/** A connection that was kept open may have been closed by the other side: that is seen once. */
const attemptsMax = 2;
const schemaUnknown = 40_403;
const notFoundCodes = new Set([40_401, 40_402]);

type JsonObject = { readonly [key: string]: Json };

interface Answer {
  readonly url: string;
  readonly status: number;
  readonly body: JsonObject;
}

/**
 * A schema registry with Confluent's REST API. What is found is kept for ever: a schema's id, and a
 * version of a subject, never change their meaning.
 *
 * @throws MillraceError `REGISTRY_UNREACHABLE` when there is no answer, or one of 429 or 5xx;
 *   `REGISTRY_REFUSED` for other answers, from every method
 */
export class RegistryClient {
  readonly #url: string;
  readonly #auth: RegistryAuth | undefined;
  readonly #timeoutMs: number;
  readonly #byId: Map<number, RegisteredSchema> = new Map();
  readonly #byVersion: Map<string, Promise<RegisteredSchema>> = new Map();

  constructor({ url, auth, timeoutMs = timeoutDefaultMs }: RegistryOptions) {
    this.#url = url.replace(/\/+$/, "");
    this.#auth = auth;
    this.#timeoutMs = timeoutMs;
  }

  /** The schema of that id; undefined when there is none, which is asked anew each time. */
  async schemaById(id: number): Promise<RegisteredSchema | undefined> {
    const known = this.#byId.get(id);
    if (known !== undefined) return known;
    const answer = await this.#ask(`/schemas/ids/${id}`);
    if (answer.status === 404 && answer.body["error_code"] === schemaUnknown) return undefined;
    const schema = await this.#schemaOf(answer);
    this.#byId.set(id, schema);
    return schema;
  }

  /** The newest schema of a subject. @throws MillraceError `REGISTRY_SUBJECT_UNKNOWN` */
  async latest(subject: string): Promise<RegisteredSchema> {
    const answer = await this.#ask(`/subjects/${encodeURIComponent(subject)}/versions/latest`);
    if (answer.status === 404 && notFoundCodes.has(answer.body["error_code"] as number)) {
      throw millraceError("REGISTRY_SUBJECT_UNKNOWN", { url: this.#url, subject });
    }
    return this.#schemaOf(answer);
  }

  /**
   * Registers a schema, or finds that it is registered; gives its id.
   *
   * @throws MillraceError `REGISTRY_INCOMPATIBLE` with the registry's words
   */
  async register(subject: string, language: SchemaLanguage, text: string): Promise<number> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions`;
    const answer = await this.#ask(path, { schema: text, schemaType: language });
    if (answer.status === 409) {
      throw millraceError("REGISTRY_INCOMPATIBLE", { subject, problem: problemOf(answer) });
    }
    const id = answer.status === 200 ? answer.body["id"] : undefined;
    if (typeof id !== "number") throw refused(answer);
    return id;
  }

  async #schemaOf(answer: Answer): Promise<RegisteredSchema> {
    const { schema, schemaType = "AVRO", references } = answer.body;
    if (answer.status !== 200 || typeof schema !== "string") throw refused(answer);
    const named = (references ?? []) as readonly JsonObject[];
    return {
      language: schemaType as SchemaLanguage,
      text: schema,
      references: await Promise.all(named.map((each) => this.#reference(each))),
    };
  }

  async #reference({ name, subject, version }: JsonObject): Promise<SchemaReference> {
    const path = `/subjects/${encodeURIComponent(String(subject))}/versions/${String(version)}`;
    let schema = this.#byVersion.get(path);
    if (schema === undefined) {
      schema = this.#ask(path).then((answer) => this.#schemaOf(answer));
      this.#byVersion.set(path, schema);
    }
    try {
      return { name: String(name), schema: await schema };
    } catch (error) {
      this.#byVersion.delete(path);
      throw error;
    }
  }

  async #ask(path: string, body?: JsonObject): Promise<Answer> {
    const url = this.#url + path;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#request(url, body);
      } catch (cause) {
        const isLast = attempt === attemptsMax || !(cause instanceof TypeError);
        if (isLast) throw unreachable(url, cause);
      }
    }
  }

  async #request(url: string, body: JsonObject | undefined): Promise<Answer> {
    const response = await fetch(url, {
      method: body === undefined ? "GET" : "POST",
      headers: {
        accept: `${contentType}, application/json`,
        ...(body === undefined ? {} : { "content-type": contentType }),
        ...authorization(this.#auth),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(this.#timeoutMs),
    });
    const { status } = response;
    const answer = { url, status, body: parsed(await response.text()) };
    if (status < 500 && status !== 429) return answer;
    throw unreachable(url, new Error(`status ${status}, ${problemOf(answer)}`));
  }
}

function authorization(auth: RegistryAuth | undefined): { readonly authorization?: string } {
  if (auth === undefined) return {};
  if ("tokenVariable" in auth) return { authorization: `Bearer ${secretOf(auth.tokenVariable)}` };
  const pair = `${auth.user}:${secretOf(auth.passwordVariable)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString("base64")}` };
}

/** The object that a text is; of another text, that text as `message`. */
function parsed(text: string): JsonObject {
  try {
    const value = JSON.parse(text) as Json;
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as JsonObject;
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return { message: text.slice(0, 200) };
}

function problemOf({ body }: Pick<Answer, "body">): string {
  const { message } = body;
  return typeof message === "string" && message !== "" ? message : "without a reason";
}

function refused(answer: Answer): Error {
  const { url, status } = answer;
  return millraceError("REGISTRY_REFUSED", { url, status, problem: problemOf(answer) });
}

function unreachable(url: string, cause: unknown): Error {
  if (isMillraceError(cause)) return cause;
  const { message, cause: deeper } = cause as Error;
  const problem = deeper instanceof Error ? deeper.message || message : message;
  return millraceError("REGISTRY_UNREACHABLE", { url, problem }, { cause });
}
