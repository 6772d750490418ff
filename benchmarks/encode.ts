// Columns → bytes, against the usual library of each format, which takes an object per record.
import { create, toBinary } from "@bufbuild/protobuf";
import type { RecordFormat } from "@millrace/core";
import { avroFormat, avroSchemaOf, csvFormat, jsonFormat, protobufFormat } from "@millrace/formats";
import avsc from "avsc";
import { bufbuildMessage } from "../packages/formats/test/protobuf/bufbuild-oracle.ts";
import { batchOf, orders, rowCount, type Rows, visits } from "./formats/sample-rows.ts";
import { compareAll, type Comparison, keep } from "./harness/compare.ts";
import { printLines } from "./harness/report.ts";

function comparison(
  name: string,
  sizeBytes: number,
  rest: Pick<Comparison, "ours" | "against" | "baseline">,
): Comparison {
  const size = Math.round(sizeBytes / rowCount);
  return { case: `${name}, ${size} B a record`, count: rowCount, unit: "rows/cpu-s", ...rest };
}

function objectsOf({ make }: Rows): object[] {
  return Array.from({ length: rowCount }, (_, id) => make(id));
}

/** Lines of a file. */
function linesOf(name: "csv" | "json", rows: Rows, line: (row: object) => string): Comparison {
  const format = name === "csv" ? csvFormat({ hasHeader: false }) : jsonFormat;
  const batch = batchOf(rows);
  const encoder = format.encoder(rows.rowType.schema);
  const objects = objectsOf(rows);
  return comparison(`${name}, ${rows.name}`, encoder.encode(batch).length, {
    ours: () => keep(encoder.encode(batch)),
    against: name === "csv" ? "a quoted text per value" : "JSON.stringify per record",
    baseline: () => keep(Buffer.from(`${objects.map(line).join("\n")}\n`)),
  });
}

/** As a program without a framework writes CSV. */
function csvLine(row: object): string {
  return Object.values(row)
    .map((value) => (value === null ? "" : String(value)))
    .map((text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text))
    .join(",");
}

/** Records of a topic. */
function recordsOf(
  format: RecordFormat,
  rows: Rows,
  against: string,
  write: (row: object) => Uint8Array,
): Comparison {
  const batch = batchOf(rows);
  const encoder = format.recordEncoder(rows.rowType.schema);
  const objects = objectsOf(rows);
  const size = encoder.encode(batch).buffer.length;
  return comparison(`${format.name} records, ${rows.name}`, size, {
    ours: () => keep(encoder.encode(batch)),
    against,
    baseline: () => keep(objects.map(write)),
  });
}

function jsonRecords(rows: Rows): Comparison {
  const write = (row: object): Uint8Array => Buffer.from(JSON.stringify(row));
  return recordsOf(jsonFormat, rows, "JSON.stringify per record", write);
}

function avroRecords(rows: Rows): Comparison {
  const type = avsc.Type.forSchema(avroSchemaOf(rows.rowType.schema) as avsc.Schema);
  return recordsOf(avroFormat(), rows, "avsc", (row) => type.toBuffer(row));
}

function protobufRecords(rows: Rows): Comparison {
  const { fields, rowType } = rows;
  const message = bufbuildMessage(rowType.schema, fields);
  const write = (row: object): Uint8Array => toBinary(message, create(message, withBigInts(row)));
  return recordsOf(protobufFormat({ fields }), rows, "@bufbuild/protobuf", write);
}

/** bufbuild's int64 is a bigint, and what is absent is not null. */
function withBigInts(row: object): Record<string, unknown> {
  const entries = Object.entries(row).filter(([, value]) => value !== null);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, name === "id" ? BigInt(value as number) : value]),
  );
}

const lines = await compareAll([
  linesOf("json", visits, (row) => JSON.stringify(row)),
  linesOf("json", orders, (row) => JSON.stringify(row)),
  jsonRecords(visits),
  jsonRecords(orders),
  avroRecords(visits),
  protobufRecords(visits),
  linesOf("csv", visits, csvLine),
]);
printLines("encode", lines);
