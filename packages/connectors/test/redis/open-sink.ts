import { type RowSchema, type Sink, type SinkDescriptor, systemClock } from "@millrace/core";
import { redisConnector } from "../../src/redis/index.ts";

/** Opens a sink as a run does. */
export async function openSink(
  descriptor: SinkDescriptor,
  schema: RowSchema,
  pipeline = "p",
): Promise<Sink> {
  const sink = await redisConnector.openSink?.({
    pipeline,
    sinkId: "out",
    options: descriptor.options,
    schema,
    generation: 1,
    partitions: 1,
    clock: systemClock,
  });
  if (sink === undefined) throw new Error("The connector has no sink.");
  return sink;
}
