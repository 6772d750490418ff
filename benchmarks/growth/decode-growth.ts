import type { RowSchema } from "@millrace/core";
import { jsonFormat } from "@millrace/formats";

const schema: RowSchema = {
  fields: [
    { name: "auction", type: { kind: "int64", as: "number", nullable: false } },
    { name: "bidder", type: { kind: "int64", as: "number", nullable: false } },
    { name: "price", type: { kind: "int64", as: "number", nullable: false } },
    { name: "channel", type: { kind: "utf8", nullable: false } },
    { name: "url", type: { kind: "utf8", nullable: false } },
    { name: "dateTime", type: { kind: "timestamp", unit: "ms", nullable: false } },
    { name: "extra", type: { kind: "utf8", nullable: false } },
  ],
};

/** Names of the first `count` columns. */
export function columnsRead(count: number): string[] {
  return schema.fields.slice(0, count).map((field) => field.name);
}

/** Newline-delimited JSON of bids, each about `recordBytes` long. */
export function makeBids(records: number, recordBytes: number): Uint8Array {
  const lines: string[] = [];
  for (let index = 0; index < records; index += 1) {
    const bid = {
      auction: 1000 + (index % 997),
      bidder: 1000 + (index % 1013),
      price: 100 + ((index * 7919) % 1_000_000),
      channel: "Google",
      url: "https://example.com/a",
      dateTime: "2026-01-01 06:30:00.004",
      extra: "",
    };
    const size = JSON.stringify(bid).length + 1;
    lines.push(JSON.stringify({ ...bid, extra: "x".repeat(Math.max(0, recordBytes - size)) }));
  }
  return new TextEncoder().encode(`${lines.join("\n")}\n`);
}

/** As much as files are read at once. */
const chunkBytes = 1 << 20;

/** Decodes everything into columns, chunk by chunk as from a file. @returns rows */
export function decode(bytes: Uint8Array, columns: readonly string[]): number {
  const decoder = jsonFormat.decoder({ schema, columns, validators: new Map() });
  let at = 0;
  let rows = 0;
  while (at < bytes.length) {
    const end = Math.min(at + chunkBytes, bytes.length);
    const chunk = bytes.subarray(at, end);
    const part = decoder.decode(chunk, { rowsMax: 65_536, isEnd: end === bytes.length });
    at += part.bytesRead;
    rows += part.rows.numRows;
  }
  return rows;
}
