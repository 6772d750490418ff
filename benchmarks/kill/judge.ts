import { type Log, recordValue } from "@millrace/core";
import { DuckDBInstance } from "@duckdb/node-api";
import { committed } from "../../pipelines/nexmark/kafka/read-back.ts";
import { compareRows, countDisordered, type Difference } from "./compare.ts";
import {
  type AppendedResult,
  appendedResults,
  type KillPlaces,
  type KillResults,
  resultTopic,
} from "./kill-pipeline.ts";
import type { Expected } from "./model.ts";

/** What a round gave out, against the model, summed over its results. */
export async function judge(log: Log, places: KillPlaces, expected: Expected): Promise<Difference> {
  const found: Difference[] = [];
  for (const result of appendedResults) {
    const rows = await rowsOf(log, resultTopic(places, result));
    const placeOf = orderOf[result];
    const disordered = placeOf === undefined ? 0 : countDisordered(rows, customerOf, placeOf);
    found.push({ ...compareRows(rows, expected[result]), disordered });
  }
  const totals = await totalsOf(places.totals);
  found.push({ ...compareRows(totals, expected.totals), disordered: 0 });
  const sum = (of: (each: Difference) => number): number =>
    found.reduce((total, each) => total + of(each), 0);
  return {
    rows: sum(({ rows }) => rows),
    lost: sum(({ lost }) => lost),
    doubled: sum(({ doubled }) => doubled),
    disordered: sum(({ disordered }) => disordered),
    examples: found.flatMap(({ examples }) => examples).slice(0, 5),
  };
}

type Row = KillResults[AppendedResult];
const customerOf = (row: Row): string => (row as { customer: string }).customer;

/**
 * What orders the rows of a customer, which stand in one partition; those of a join come in none.
 */
const orderOf: Partial<Record<AppendedResult, (row: Row) => number>> = {
  minutes: (row) => (row as KillResults["minutes"]).windowStart,
  reminders: (row) => (row as KillResults["reminders"]).number,
};

async function rowsOf(log: Log, topic: string): Promise<Row[]> {
  const partitions = (await log.topics()).find(({ name }) => name === topic)?.partitions ?? 0;
  const decoder = new TextDecoder();
  const rows: Row[] = [];
  for (let partition = 0; partition < partitions; partition += 1) {
    for await (const records of committed(log, topic, partition)) {
      for (let index = 0; index < records.count; index += 1) {
        rows.push(plain(JSON.parse(decoder.decode(recordValue(records, index)))));
      }
    }
  }
  return rows;
}

/** Times of JSON as milliseconds. */
function plain(row: Record<string, unknown>): Row {
  const times = ["at", "windowStart"].filter((name) => typeof row[name] === "string");
  for (const name of times) row[name] = Date.parse(String(row[name]));
  return row as unknown as Row;
}

async function totalsOf(file: string): Promise<object[]> {
  const instance = await DuckDBInstance.create(file);
  const connection = await instance.connect();
  try {
    const read = await connection.runAndReadAll("SELECT customer, orders, amount FROM totals");
    return read.getRowObjects().map(({ customer, orders, amount }) => ({
      customer,
      orders: Number(orders),
      amount: Number(amount),
    }));
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
