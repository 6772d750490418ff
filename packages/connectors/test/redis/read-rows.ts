import { batchToRows } from "@millrace/columnar";
import type { RecordRanges, RowSchema } from "@millrace/core";
import { csvFormat } from "@millrace/formats";
import type { Redis } from "ioredis";

type Fields = ReadonlyMap<string, Buffer>;

/** The rows of all hashes whose keys begin with a prefix. */
export async function readHashes(
  redis: Redis,
  prefix: string,
  schema: RowSchema,
): Promise<readonly object[]> {
  const keys = await redis.keysBuffer(`${prefix}*`);
  const hashes = await Promise.all(
    keys.map(async (key) => Object.entries(await redis.hgetallBuffer(key))),
  );
  return rowsOf(
    hashes.map((fields) => new Map(fields)),
    schema,
  );
}

/** The rows of a stream. */
export async function readStream(
  redis: Redis,
  stream: string,
  schema: RowSchema,
): Promise<readonly object[]> {
  const entries = await redis.xrangeBuffer(stream, "-", "+");
  return rowsOf(
    entries.map(([, words]) => {
      const fields = new Map<string, Buffer>();
      for (let i = 0; i < words.length; i += 2)
        fields.set(String(words[i]), words[i + 1] as Buffer);
      return fields;
    }),
    schema,
  );
}

/** Values of Redis are those of CSV without quotes, but for bytes. */
function rowsOf(all: readonly Fields[], schema: RowSchema): readonly object[] {
  const lines = all.map((fields) =>
    schema.fields
      .map(({ name, type }) => {
        const value = fields.get(name);
        if (value === undefined) return "";
        const text = value.toString(type.kind === "binary" ? "base64" : "utf8");
        return `"${text.replaceAll('"', '""')}"`;
      })
      .join(","),
  );
  const columns = schema.fields.map(({ name }) => name);
  const decoder = csvFormat().recordDecoder({ schema, columns, validators: new Map() });
  const { rows, badRecords } = decoder.decode(recordsOf(lines));
  if (badRecords[0] !== undefined) throw new Error(badRecords[0].reason);
  return batchToRows(schema, rows);
}

function recordsOf(lines: readonly string[]): RecordRanges {
  const valueStart = new Int32Array(lines.length);
  const valueLength = new Int32Array(lines.length);
  let at = 0;
  for (const [i, line] of lines.entries()) {
    valueStart[i] = at;
    valueLength[i] = Buffer.byteLength(line);
    at += valueLength[i]!;
  }
  return { count: lines.length, buffer: Buffer.from(lines.join("")), valueStart, valueLength };
}
