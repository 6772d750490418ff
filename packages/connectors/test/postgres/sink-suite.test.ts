import { sinkSuite } from "@millrace/conformance";
import { describeWithStore } from "../../../../dev/services/describe.mjs";
import { postgres, postgresConnector } from "../../src/postgres/index.ts";
import { readTable } from "./read-table.ts";

describeWithStore("postgres", "with a server", (server) => {
  sinkSuite({
    name: "PostgreSQL",
    async start() {
      const { url } = server;
      return {
        connector: postgresConnector,
        descriptor: ({ name, key, whenFresh = "replace" }) => {
          const options = { url, table: name, whenFresh };
          return key === undefined ? postgres(options) : postgres({ ...options, key });
        },
        read: ({ name, schema }) => readTable(url, name, schema),
        stop: async () => undefined,
      };
    },
  });
});
