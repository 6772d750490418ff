// Bytes → columns, against the usual library of each format, which makes an object per record.
import { fromBinary } from "@bufbuild/protobuf";
import type { RecordFormat, RecordRanges } from "@millrace/core";
import { avroFormat, avroSchemaOf, csvFormat, jsonFormat, protobufFormat } from "@millrace/formats";
import avsc from "avsc";
import { parse } from "csv-parse/sync";
import { bufbuildMessage } from "../packages/formats/test/protobuf/bufbuild-oracle.ts";
import { batchOf, columnsOf, orders, rowCount, type Rows, visits } from "./formats/sample-rows.ts";
import { compareAll, type Comparison, keep } from "./harness/compare.ts";
import { printLines } from "./harness/report.ts";

function comparison(
  format: string,
  rows: Rows,
  sizeBytes: number,
  columns: readonly string[],
  rest: Pick<Comparison, "ours" | "against" | "baseline">,
): Comparison {
  const size = Math.round(sizeBytes / rowCount);
  const which = columns.length === columnsOf(rows).length ? "all columns" : "two columns";
  const name = `${format}, ${rows.name}, ${size} B a record, ${which}`;
  return { case: name, count: rowCount, unit: "rows/cpu-s", ...rest };
}

function checkCount(rows: number): void {
  if (rows !== rowCount) throw new Error(`${rows} rows were decoded instead of ${rowCount}`);
}

/** Lines of a file. */
function linesOf(
  name: "csv" | "json",
  rows: Rows,
  columns: readonly string[] = columnsOf(rows),
): Comparison {
  const { schema } = rows.rowType;
  const format = name === "csv" ? csvFormat({ hasHeader: false }) : jsonFormat;
  const bytes = format.encoder(schema).encode(batchOf(rows));
  const text = (): string => new TextDecoder().decode(bytes);
  return comparison(name, rows, bytes.length, columns, {
    ours: () => {
      const decoder = format.decoder({ schema, columns, validators: new Map() });
      let at = 0;
      let count = 0;
      while (at < bytes.length) {
        const part = decoder.decode(bytes.subarray(at), { rowsMax: 65_536, isEnd: true });
        at += part.bytesRead;
        count += part.rows.numRows;
      }
      checkCount(count);
    },
    ...(name === "csv"
      ? { against: "csv-parse, all text", baseline: () => keep(parse(text())) }
      : { against: "JSON.parse per record", baseline: () => parseLines(text()) }),
  });
}

/** As a program without a framework reads newline-delimited JSON. */
function parseLines(text: string): void {
  const rows: unknown[] = [];
  for (const line of text.split("\n")) if (line !== "") rows.push(JSON.parse(line));
  keep(rows);
}

/** Records of a topic. */
function recordsOf(
  format: RecordFormat,
  rows: Rows,
  columns: readonly string[],
  against: string,
  read: (record: Uint8Array) => unknown,
): Comparison {
  const { schema } = rows.rowType;
  const records = format.recordEncoder(schema).encode(batchOf(rows));
  return comparison(`${format.name} records`, rows, records.buffer.length, columns, {
    ours: () => {
      const decoder = format.recordDecoder({ schema, columns, validators: new Map() });
      let count = 0;
      for (let from = 0; from < rowCount; from += 8192) {
        const to = Math.min(from + 8192, rowCount);
        count += decoder.decode(records, from, to).rows.numRows;
      }
      checkCount(count);
    },
    against,
    baseline: () => readAll(records, read),
  });
}

function readAll(records: RecordRanges, read: (record: Uint8Array) => unknown): void {
  const { buffer, valueStart, valueLength } = records;
  const bytes = Buffer.from(buffer.buffer, buffer.byteOffset, buffer.length);
  const objects: unknown[] = [];
  for (let i = 0; i < records.count; i++) {
    objects.push(read(bytes.subarray(valueStart[i]!, valueStart[i]! + valueLength[i]!)));
  }
  keep(objects);
}

function jsonRecords(rows: Rows): Comparison {
  const parseText = (record: Uint8Array): unknown => JSON.parse((record as Buffer).toString());
  return recordsOf(jsonFormat, rows, columnsOf(rows), "JSON.parse per record", parseText);
}

function avroRecords(rows: Rows, columns: readonly string[] = columnsOf(rows)): Comparison {
  const type = avsc.Type.forSchema(avroSchemaOf(rows.rowType.schema) as avsc.Schema);
  const read = (record: Uint8Array): unknown => type.fromBuffer(record as Buffer);
  return recordsOf(avroFormat(), rows, columns, "avsc", read);
}

function protobufRecords(rows: Rows, columns: readonly string[] = columnsOf(rows)): Comparison {
  const { fields, rowType } = rows;
  const message = bufbuildMessage(rowType.schema, fields);
  const read = (record: Uint8Array): unknown => fromBinary(message, record);
  return recordsOf(protobufFormat({ fields }), rows, columns, "@bufbuild/protobuf", read);
}

const two = ["id", "price"];
const lines = await compareAll([
  linesOf("json", visits),
  linesOf("json", visits, two),
  linesOf("json", orders),
  jsonRecords(visits),
  jsonRecords(orders),
  avroRecords(visits),
  avroRecords(visits, two),
  avroRecords(orders),
  protobufRecords(visits),
  protobufRecords(visits, two),
  protobufRecords(orders),
  linesOf("csv", visits),
]);
printLines("decode", lines);
