import { randomUUID } from "node:crypto";
import type { Json } from "@millrace/core";

/** What a test asks of the registry of the run, as another client would. */
export class OtherClient {
  readonly #registry: { readonly url: string };

  /** @param registry whose address is known once tests run */
  constructor(registry: { readonly url: string }) {
    this.#registry = registry;
  }

  /** A registered schema. */
  async schema(id: number): Promise<string> {
    const body = await this.#ask(`/schemas/ids/${id}`);
    return body["schema"] as string;
  }

  /** Registers a schema. @returns its id */
  async register(
    subject: string,
    schemaType: "AVRO" | "JSON" | "PROTOBUF",
    schema: string,
    references: readonly { name: string; subject: string; version: number }[] = [],
  ): Promise<number> {
    const path = `/subjects/${subject}/versions`;
    const body = await this.#ask(path, { schema, schemaType, references });
    return body["id"] as number;
  }

  /** Sets which changes a subject takes. */
  async setCompatibility(subject: string, compatibility: string): Promise<void> {
    await this.#ask(`/config/${subject}`, { compatibility }, "PUT");
  }

  async #ask(
    path: string,
    body?: unknown,
    method = body === undefined ? "GET" : "POST",
  ): Promise<Record<string, Json>> {
    const response = await fetch(`${this.#registry.url}${path}`, {
      method,
      headers: { "content-type": "application/vnd.schemaregistry.v1+json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = (await response.json()) as Record<string, Json>;
    if (!response.ok) throw new Error(`${path}: ${JSON.stringify(answer)}`);
    return answer;
  }
}

/** A topic that no other test uses. */
export function freshTopic(): string {
  return `t-${randomUUID()}`;
}

/** A record as a registry's clients write it. */
export function withId(
  id: number,
  ...parts: readonly (Uint8Array | readonly number[])[]
): Uint8Array {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(id, 1);
  return Buffer.concat([prefix, ...parts.map((part) => Uint8Array.from(part))]);
}

/** The id that a record begins with. */
export function idOf(record: Uint8Array): number {
  return Buffer.from(record).readUInt32BE(1);
}
