import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import {
  type DataType,
  type Log,
  type RecordRanges,
  recordValue,
  type RowSchema,
} from "@millrace/core";
import { DuckDBInstance } from "@duckdb/node-api";
import { recoder } from "./fill-topics.ts";
import type { TopicFormat } from "./kafka-pipeline.ts";

const readBytesMax = 4 * 1024 * 1024;

/** A result in a topic, and the table that it goes to. */
export interface ResultToRead {
  readonly topic: string;
  readonly format: TopicFormat;
  readonly schema: RowSchema;
  readonly table: string;
  /** A DuckDB file, which is made. */
  readonly output: string;
}

/**
 * Reads what is committed of a topic into a DuckDB table, which itself reads the records as JSON.
 *
 * @returns the number of records
 */
export async function readBack(log: Log, result: ResultToRead): Promise<number> {
  const lines = `${result.output}.ndjson`;
  try {
    const count = await writeLines(log, result, lines);
    await load(result, lines);
    return count;
  } finally {
    rmSync(lines, { force: true });
  }
}

async function writeLines(log: Log, result: ResultToRead, path: string): Promise<number> {
  const { topic, format, schema } = result;
  const partitions = (await log.topics()).find(({ name }) => name === topic)?.partitions ?? 0;
  const toJson = format === "json" ? undefined : recoder(format, "json", schema);
  const file = openSync(path, "w");
  let count = 0;
  try {
    for (let partition = 0; partition < partitions; partition += 1) {
      for await (const records of committed(log, topic, partition)) {
        writeSync(file, linesOf(toJson?.(records) ?? records));
        count += records.count;
      }
    }
  } finally {
    closeSync(file);
  }
  return count;
}

/** All that is committed in a partition. */
export async function* committed(
  log: Log,
  topic: string,
  partition: number,
): AsyncGenerator<RecordRanges> {
  const { start, end } = await log.bounds(topic, partition);
  const reader = await log.openReader(topic, partition, start);
  try {
    while (reader.position < end) {
      const records = await reader.read(readBytesMax);
      if (records.count > 0) yield records;
    }
  } finally {
    await reader.close();
  }
}

function linesOf(records: RecordRanges): Buffer {
  const end = Buffer.from("\n");
  const parts: Uint8Array[] = [];
  for (let index = 0; index < records.count; index += 1) {
    parts.push(recordValue(records, index), end);
  }
  return Buffer.concat(parts);
}

async function load({ schema, table, output }: ResultToRead, lines: string): Promise<void> {
  rmSync(output, { force: true });
  const instance = await DuckDBInstance.create(output);
  const connection = await instance.connect();
  try {
    const columns = schema.fields
      .map(({ name, type }) => `"${name}": '${sqlType(type)}'`)
      .join(", ");
    await connection.run("SET TimeZone = 'UTC'");
    await connection.run(
      `CREATE TABLE ${table} AS SELECT * FROM read_json('${lines}', columns={${columns}},
        format='newline_delimited')`,
    );
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

function sqlType(type: DataType): string {
  switch (type.kind) {
    case "int64":
      return "BIGINT";
    case "int32":
      return "INTEGER";
    case "float64":
      return "DOUBLE";
    case "boolean":
      return "BOOLEAN";
    case "timestamp":
      return "TIMESTAMP";
    case "decimal":
      return `DECIMAL(${type.precision}, ${type.scale})`;
    case "utf8":
      return "VARCHAR";
    default:
      throw new Error(`no query has a result of ${type.kind}`);
  }
}
