import { ColumnType, type FormatDescriptor, type RowSchema, RowType } from "@millrace/core";
import type { Pipeline, SinkDescriptor } from "millrace";
import { duckdb } from "millrace/duckdb";
import { avro, json, topic } from "millrace/log";
import { Auction, Bid, Person, SideInput } from "../data/rows.ts";
import { type NexmarkEnds, pipelineBetween } from "../nexmark-pipeline.ts";
import type { NexmarkQuery } from "../queries/query.ts";

/** How records are kept in topics. */
export type TopicFormat = "json" | "avro";

/** Where a query on Kafka reads and writes: plain data, which a worker is told. */
export interface KafkaPlaces {
  /** Before the names of the topics that hold the data set. */
  readonly input: string;
  readonly format: TopicFormat;
  /** The pipeline's name, and that of the topic with its result after `result.`. */
  readonly pipeline: string;
  /** DuckDB file of results that change. */
  readonly output: string;
  /** As in `NexmarkPlaces`. */
  readonly rate: number;
}

/** Kinds of records by the topic that holds them, and by the files that they come from. */
export const inputs = {
  bids: { rowType: Bid, file: "bid" },
  auctions: { rowType: Auction, file: "auction" },
  people: { rowType: Person, file: "person" },
  "side-input": { rowType: SideInput, file: "side-input" },
} as const;

/** The topic of one kind of records. */
export function inputTopic(prefix: string, kind: keyof typeof inputs): string {
  return `${prefix}.${kind}`;
}

/** The topic of a result that is only added to. */
export function resultTopic(places: KafkaPlaces): string {
  return `result.${places.pipeline}`;
}

/** The columns of a query's result; undefined for a result that changes, which goes to DuckDB. */
export function resultSchema(query: NexmarkQuery, places: KafkaPlaces): RowSchema | undefined {
  const plan = pipelineBetween(places.pipeline, query, ends(query, places), places.rate).build();
  const sink = plan.nodes.find((node) => node.kind === "sink");
  return sink?.updatesKey === undefined ? sink?.schema : undefined;
}

/** A query as a pipeline between topics; a result that changes goes to a DuckDB table. */
export function kafkaPipeline(query: NexmarkQuery, places: KafkaPlaces): Pipeline {
  const schema = resultSchema(query, places);
  const between = ends(query, places);
  const result =
    schema === undefined
      ? between.result
      : topic(resultTopic(places), formatOf(places.format, rowTypeOf(schema)));
  return pipelineBetween(places.pipeline, query, { ...between, result }, places.rate);
}

/** A topic's format for rows. */
export function formatOf<Row extends object>(
  format: TopicFormat,
  rowType: RowType<Row>,
): FormatDescriptor<Row> {
  return format === "avro" ? avro(rowType) : json(rowType);
}

/** The row type of columns that a plan has. */
export function rowTypeOf({ fields }: RowSchema): RowType<object> {
  const columns = fields.map(({ name, type }) => [name, new ColumnType<unknown>(type)] as const);
  return new RowType<object>(Object.fromEntries(columns));
}

function ends(query: NexmarkQuery, places: KafkaPlaces): NexmarkEnds {
  const { input, format, output: file } = places;
  const source = <Row extends object>(kind: keyof typeof inputs, rowType: RowType<Row>) =>
    topic(inputTopic(input, kind), formatOf(format, rowType), { until: "end" });
  const result: SinkDescriptor = duckdb({ table: query.name, file });
  return {
    bids: source("bids", Bid),
    auctions: source("auctions", Auction),
    people: source("people", Person),
    sideInput: source("side-input", SideInput),
    result,
    resultBy: (...key) => duckdb({ table: query.name, file, key }),
  };
}
