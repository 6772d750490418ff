import { mongodb, mongodbConnector } from "@millrace/connectors/mongodb";
import { sliceRows } from "@millrace/columnar";
import { type AnyBulkWriteOperation, type Collection, type Document, MongoClient } from "mongodb";
import type { Comparison } from "../../harness/compare.ts";
import { ownStore } from "./own-store.ts";
import { rideBatches, type Ride, rides } from "./rides.ts";
import { openRides, writeRides } from "./write-rides.ts";

const database = "bench";
/** Rows of a transaction of ours, and of a bulk write of what we compare with. */
const writeRows = 1_000;
const appendedRows = 4_000;
const replacedRows = 1_000;

/** A server that has each acknowledged write on disk; it takes some thousand rows a second. */
export async function compareMongodb(
  measure: (comparisons: readonly Comparison[]) => Promise<void>,
): Promise<void> {
  const server = await ownStore("mongodb");
  const client = await new MongoClient(server.url).connect();
  try {
    await measure(await comparisons(server.url, client));
  } finally {
    await client.close();
    await server.close();
  }
}

async function comparisons(url: string, client: MongoClient): Promise<Comparison[]> {
  const plain = client.db(database).collection("plain");
  const options = { url, database };
  const appended = await openRides(mongodbConnector, mongodb({ ...options, collection: "all" }));
  const replaced = await openRides(
    mongodbConnector,
    mongodb({ ...options, collection: "latest", key: ["id"] }),
  );
  const unit = "rows/s";
  return [
    {
      case: "append",
      count: appendedRows,
      unit,
      ours: () => writeRides(appended, batchesOf(appendedRows)),
      against: "bulkWrite of insertOne with mongodb, without a transaction",
      baseline: () =>
        writeAll(plain, appendedRows, (ride) => ({ insertOne: { document: documentOf(ride) } })),
    },
    {
      case: "with a key",
      count: replacedRows,
      unit,
      ours: () => writeRides(replaced, batchesOf(replacedRows)),
      against: "bulkWrite of replaceOne, upsert, with mongodb, without a transaction",
      baseline: () =>
        writeAll(plain, replacedRows, (ride) => ({
          replaceOne: {
            filter: { _id: ride.id } as Document,
            replacement: documentOf(ride),
            upsert: true,
          },
        })),
    },
  ];
}

function batchesOf(rows: number) {
  const [whole] = rideBatches();
  if (whole === undefined) throw new Error("there are rides");
  return Array.from({ length: rows / writeRows }, (_, index) =>
    sliceRows(whole, index * writeRows, (index + 1) * writeRows),
  );
}

function documentOf(ride: Ride): Document {
  return { ...ride, at: new Date(ride.at) };
}

async function writeAll(
  collection: Collection,
  rows: number,
  operationOf: (ride: Ride) => AnyBulkWriteOperation<Document>,
): Promise<void> {
  await collection.deleteMany({});
  for (let at = 0; at < rows; at += writeRows) {
    const operations = rides.slice(at, at + writeRows).map(operationOf);
    await collection.bulkWrite(operations, { ordered: false });
  }
}
