import { redisConnector, redisHash, redisJson, redisStream } from "@millrace/connectors/redis";
import { type ChainableCommander, Redis } from "ioredis";
import type { Comparison } from "../../harness/compare.ts";
import { ownStore } from "./own-store.ts";
import { rideBatches, type Ride, rideWrites, writeRows } from "./rides.ts";
import { openRides, writeRides } from "./write-rides.ts";

/** Writes of one measurement. */
const writeCount = 1;
/** Commands that a pipeline of the client holds: more take longer. */
const pipelineRows = 5_000;

/** A server that syncs its file once a second, so that it is not the disk that is measured. */
export async function compareRedis(
  measure: (comparisons: readonly Comparison[]) => Promise<void>,
): Promise<void> {
  const server = await ownStore("redis", { settings: { appendfsync: "everysec" } });
  const client = new Redis(server.url, { protocol: 2 });
  try {
    await measure(await comparisons(server.url, client));
  } finally {
    client.disconnect();
    await server.close();
  }
}

async function comparisons(url: string, client: Redis): Promise<Comparison[]> {
  const batches = rideBatches().slice(0, writeCount);
  const writes = rideWrites().slice(0, writeCount);
  const common = { count: writeCount * writeRows, unit: "rows/s" };
  const key = ["id"];
  const hashes = await openRides(redisConnector, redisHash({ url, prefix: "hash:", key }));
  const texts = await openRides(redisConnector, redisJson({ url, prefix: "json:", key }));
  const stream = await openRides(redisConnector, redisStream({ url, stream: "rides" }));
  const against = (what: string): string => `pipelines of ${what} with ioredis`;
  return [
    {
      ...common,
      case: "hashes",
      ours: () => writeRides(hashes, batches),
      against: against("HSET"),
      baseline: () =>
        writeAll(client, writes, (pipeline, ride) =>
          pipeline.hset(`plain:${ride.id}`, fieldsOf(ride)),
        ),
    },
    {
      ...common,
      case: "JSON",
      ours: () => writeRides(texts, batches),
      against: against("SET"),
      baseline: () =>
        writeAll(client, writes, (pipeline, ride) =>
          pipeline.set(`plain:${ride.id}`, JSON.stringify(ride)),
        ),
    },
    {
      ...common,
      case: "stream",
      ours: () => writeRides(stream, batches),
      against: against("XADD"),
      baseline: () =>
        writeAll(client, writes, (pipeline, ride) =>
          pipeline.xadd("plain", "*", ...Object.entries(fieldsOf(ride)).flat()),
        ),
    },
  ];
}

function fieldsOf({ note, ...ride }: Ride): Record<string, string | number> {
  const fields = {
    ...ride,
    at: new Date(ride.at).toISOString(),
    isPaid: String(ride.isPaid),
  };
  return note === null ? fields : { ...fields, note };
}

async function writeAll(
  client: Redis,
  writes: readonly (readonly Ride[])[],
  add: (pipeline: ChainableCommander, ride: Ride) => unknown,
): Promise<void> {
  await client.flushdb();
  for (const rides of writes) {
    for (let at = 0; at < rides.length; at += pipelineRows) {
      const pipeline = client.pipeline();
      for (const ride of rides.slice(at, at + pipelineRows)) add(pipeline, ride);
      await pipeline.exec();
    }
  }
}
