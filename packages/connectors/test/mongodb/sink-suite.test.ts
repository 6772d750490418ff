import { sinkSuite } from "@millrace/conformance";
import { MongoClient } from "mongodb";
import { vi } from "vitest";
import { describeWithStore } from "../../../../dev/services/describe.mjs";
import { mongodb, mongodbConnector } from "../../src/mongodb/index.ts";
import { readDocuments } from "./read-documents.ts";

const database = "suite";
// The server of the tests is written in Python, and the machine may be busy.
vi.setConfig({ testTimeout: 120_000 });

describeWithStore("mongodb", "MongoDB", (store) => {
  sinkSuite({
    name: "MongoDB",
    skip: [
      {
        check: "many rows of one write are all there",
        reason:
          "the server of the tests is too slow; disturbed.test.ts writes 6,000 rows in two parts",
      },
    ],
    async start() {
      const { url } = store;
      const client = await new MongoClient(url).connect();
      return {
        connector: mongodbConnector,
        descriptor: ({ name, key, whenFresh = "replace" }) => {
          const options = { url, database, collection: name, whenFresh };
          return key === undefined ? mongodb(options) : mongodb({ ...options, key });
        },
        read: ({ name, schema }) => readDocuments(client.db(database).collection(name), schema),
        stop: () => client.close(),
      };
    },
  });
});
