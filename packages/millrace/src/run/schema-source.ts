import { readFile } from "node:fs/promises";
import { basename, extname } from "node:path";
import type { RegistrySettings, SchemaSource } from "@millrace/cli";
import { millraceError } from "@millrace/core";
import {
  latestSchema,
  type RegisteredSchema,
  type RegistryAuth,
  type RegistryOptions,
  rowTypeOfText,
  rowTypeText,
  type SchemaLanguage,
} from "@millrace/connectors/topic";
import { isKafkaUrl } from "./open-log.ts";

const languages: Readonly<Record<string, SchemaLanguage>> = {
  ".avsc": "AVRO",
  ".proto": "PROTOBUF",
  ".json": "JSON",
};
const registryScheme = "registry+";

interface PlacedSchema {
  readonly schema: RegisteredSchema;
  readonly topic: string;
  readonly log?: string;
  readonly registry?: RegistryOptions;
}

/**
 * A row type from a schema: of a file (`.avsc`, `.proto`, `.json`), or the newest one of a
 * registry's subject (`registry+http://host:port/path/SUBJECT`) or of the values of a Kafka topic
 * (`kafka://host:port/TOPIC`).
 *
 * @throws MillraceError `COMMAND_LINE_INVALID`, `FILE_NOT_FOUND`, and what the schema's reading
 *   throws
 */
export async function readSchemaSource(
  from: string,
  settings: RegistrySettings,
): Promise<SchemaSource> {
  const { schema, topic, log, registry } = await placedSchema(from, settings);
  const { name, format, rowType, fields } = rowTypeOfText(schema);
  const options = registry === undefined ? fields && { fields } : { registry };
  const written = options === undefined ? "" : `, ${JSON.stringify(options, undefined, 2)}`;
  return {
    topic,
    ...(log === undefined ? {} : { log }),
    name,
    format,
    rowType: rowTypeText(name, rowType.schema),
    descriptor: `${format}(${name}${written})`,
  };
}

function placedSchema(from: string, settings: RegistrySettings): Promise<PlacedSchema> {
  if (from.startsWith(registryScheme)) return ofSubject(from, settings.user);
  return isKafkaUrl(from) ? ofTopic(from, settings) : ofFile(from);
}

/** The schema of a Kafka topic's values, by the usual name of its subject. */
async function ofTopic(from: string, { url, user }: RegistrySettings): Promise<PlacedSchema> {
  const slash = from.lastIndexOf("/");
  const [log, topic] = [from.slice(0, slash), from.slice(slash + 1)];
  if (!/^kafka:\/\/./.test(log) || topic === "") {
    throw invalid("a topic of Kafka is kafka://host:port/TOPIC");
  }
  if (url === undefined) throw invalid("--registry must say which registry has the topic's schema");
  const subject = encodeURIComponent(`${topic}-value`);
  const placed = await ofSubject(`${registryScheme}${url.replace(/\/+$/, "")}/${subject}`, user);
  return { ...placed, topic, log };
}

async function ofSubject(from: string, auth: RegistryAuth | undefined): Promise<PlacedSchema> {
  const address = from.slice(registryScheme.length);
  const slash = address.lastIndexOf("/");
  const subject = decodeURIComponent(address.slice(slash + 1));
  const url = address.slice(0, slash);
  if (!/^https?:\/\/./.test(url) || subject === "") {
    throw invalid("an address is registry+http://host:port/SUBJECT");
  }
  const registry = { url, ...(auth === undefined ? {} : { auth }) };
  const schema = await latestSchema(registry, subject);
  return { schema, topic: subject.replace(/-(value|key)$/, ""), registry };
}

async function ofFile(path: string): Promise<PlacedSchema> {
  const extension = extname(path);
  const language = languages[extension];
  if (language === undefined || /^[\w+]+:\/\//.test(path)) {
    throw invalid(
      "--from takes a file .avsc, .proto or .json, or registry+http://host:port/SUBJECT",
    );
  }
  const text = await readText(path);
  return { schema: { language, text, references: [] }, topic: basename(path, extension) };
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw millraceError("FILE_NOT_FOUND", { path }, { cause: error });
  }
}

function invalid(problem: string): Error {
  return millraceError("COMMAND_LINE_INVALID", { problem });
}
