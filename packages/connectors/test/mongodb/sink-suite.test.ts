import { sinkSuite } from "@millrace/conformance";
import { MongoClient } from "mongodb";
import { describeWithStore } from "../../../../dev/services/describe.mjs";
import { mongodb, mongodbConnector } from "../../src/mongodb/index.ts";
import { readDocuments } from "./read-documents.ts";

const database = "suite";

describeWithStore("mongodb", "MongoDB", (store) => {
  sinkSuite({
    name: "MongoDB",
    async start() {
      const { url } = store;
      const client = await new MongoClient(url).connect();
      return {
        connector: mongodbConnector,
        descriptor: ({ name, key, whenFresh = "replace" }) => {
          const options = { url, database, collection: name, whenFresh };
          return key === undefined ? mongodb(options) : mongodb({ ...options, key });
        },
        read: ({ name, schema }) =>
          readDocuments(client.db(database).collection(name), schema),
        stop: () => client.close(),
      };
    },
  });
});
