import {
  type Guarantee,
  type ModelDescriptor,
  type RowType,
  type SinkDescriptor,
  type SourceDescriptor,
  t,
  type TopicDescriptor,
  type UpdatingSinkDescriptor,
} from "@millrace/core";

export const Flight = t.row({
  departedAt: t.timestamp(),
  origin: t.utf8(),
  destination: t.utf8(),
  delayMinutes: t.float64(),
  distanceMiles: t.int32(),
});

export function table<Row extends object>(rowType: RowType<Row>): SourceDescriptor<Row> {
  return { role: "source", connector: "table", options: { name: "rows" }, rowType };
}

export function store(guarantee: Guarantee = "exactly-once"): SinkDescriptor {
  return { role: "sink", connector: "store", options: { table: "rows" }, guarantee };
}

/** A store that replaces and deletes rows by columns. */
export function keyedStore(...updatesKey: readonly string[]): UpdatingSinkDescriptor {
  return { ...store(), updatesKey };
}

export function topic<Row extends object>(rowType: RowType<Row>): TopicDescriptor<Row> {
  const guarantee = "exactly-once";
  return { role: "topic", connector: "topic", topic: "rows", options: {}, guarantee, rowType };
}

export const seasonal: ModelDescriptor<"detector"> = {
  role: "detector",
  kind: "seasonal",
  options: { periodMs: 604_800_000 },
};

export const theta: ModelDescriptor<"forecaster"> = {
  role: "forecaster",
  kind: "theta",
  options: { seasonMs: 86_400_000 },
};
