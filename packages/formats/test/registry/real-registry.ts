import { randomUUID } from "node:crypto";
import type { Json } from "@millrace/core";

/** A running registry's address; the tests that need one are left out without it. */
export const registryUrl: string | undefined = process.env["MILLRACE_TEST_REGISTRY"];

/** A topic that no other test uses. */
export function freshTopic(): string {
  return `t-${randomUUID()}`;
}

/** A registered schema, as another client would see it. */
export async function registeredSchema(id: number): Promise<string> {
  const body = await ask(`/schemas/ids/${id}`);
  return body["schema"] as string;
}

/** Registers a schema, as another client would. @returns its id */
export async function registerSchema(
  subject: string,
  schemaType: "AVRO" | "JSON" | "PROTOBUF",
  schema: string,
  references: readonly { name: string; subject: string; version: number }[] = [],
): Promise<number> {
  const body = await ask(`/subjects/${subject}/versions`, { schema, schemaType, references });
  return body["id"] as number;
}

/** Sets which changes a subject takes. */
export async function setCompatibility(subject: string, compatibility: string): Promise<void> {
  await ask(`/config/${subject}`, { compatibility }, "PUT");
}

async function ask(
  path: string,
  body?: unknown,
  method = body === undefined ? "GET" : "POST",
): Promise<Record<string, Json>> {
  const response = await fetch(`${registryUrl}${path}`, {
    method,
    headers: { "content-type": "application/vnd.schemaregistry.v1+json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = (await response.json()) as Record<string, Json>;
  if (!response.ok) throw new Error(`${path}: ${JSON.stringify(answer)}`);
  return answer;
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
