import { type Connector, type Sink, type SinkDescriptor, systemClock } from "@millrace/core";
import type { RecordBatch } from "apache-arrow";
import { rideSchema } from "./rides.ts";

/** Opens the sink that a descriptor names, for rides. */
export async function openRides(connector: Connector, { options }: SinkDescriptor): Promise<Sink> {
  const sink = await connector.openSink?.({
    pipeline: "bench",
    sinkId: "rides",
    options,
    schema: rideSchema,
    generation: 1,
    partitions: 1,
    clock: systemClock,
  });
  if (sink === undefined) throw new Error("the connector has no sink");
  return sink;
}

/** Writes the batches one after the other, each with its token, from a fresh start. */
export async function writeRides(sink: Sink, batches: readonly RecordBatch[]): Promise<void> {
  await sink.startAfresh();
  let expected: { generation: number; offset: bigint } | undefined;
  for (const [index, batch] of batches.entries()) {
    const next = { generation: 1, offset: BigInt(index + 1) };
    await sink.write({ partition: 0, rows: [batch], expected, next });
    expected = next;
  }
}
