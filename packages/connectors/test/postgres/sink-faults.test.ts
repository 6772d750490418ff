import { batchOf, sinkFaultSuite, SinkFixture } from "@millrace/conformance";
import { t } from "@millrace/core";
import { expect, it } from "vitest";
import { describeWithOwnStore } from "../../../../dev/services/describe.mjs";
import { postgres, postgresConnector } from "../../src/postgres/index.ts";
import { ask, readTable } from "./read-table.ts";

describeWithOwnStore("postgres", "with a server of its own", (server) => {
  sinkFaultSuite({
    name: "PostgreSQL",
    async start() {
      const { url } = server;
      return {
        connector: postgresConnector,
        descriptor: ({ name, key }) =>
          key === undefined ? postgres({ url, table: name }) : postgres({ url, table: name, key }),
        read: ({ name, schema }) => readTable(url, name, schema),
        kill: () => server.kill(),
        start: () => server.start(),
        pause: () => server.pause(),
        resume: () => server.resume(),
        cutConnections: async () => {
          await ask(
            url,
            `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE application_name LIKE 'millrace %'`,
          );
        },
        stop: async () => undefined,
      };
    },
  });

  it("gives up a write that takes too long, and is told so", async () => {
    const { url } = server;
    const fixture = new SinkFixture(
      {
        connector: postgresConnector,
        descriptor: ({ name }) => postgres({ url, table: name, timeoutMs: 1_000 }),
        read: ({ name, schema }) => readTable(url, name, schema),
      },
      "slow",
    );
    const table = { name: "slow", schema: t.row({ id: t.int32() }).schema };
    const sink = await fixture.open(table);
    await server.pause();
    const rows = [batchOf(table, [{ id: 1 }])];
    const write = { partition: 0, rows, expected: undefined, next: { generation: 1, offset: 1n } };
    const began = performance.now();
    await expect(sink.write(write)).rejects.toMatchObject({ code: "POSTGRES_UNREACHABLE" });
    expect(performance.now() - began).toBeLessThan(10_000);
    await server.resume();
    await sink.write(write);
    expect(await fixture.read(table)).toEqual([{ id: 1 }]);
    await fixture.close();
  });

  it("is closed in a moment while its server is paused", async () => {
    const { url } = server;
    const table = { name: "left", schema: t.row({ id: t.int32() }).schema };
    const fixture = new SinkFixture(
      {
        connector: postgresConnector,
        descriptor: ({ name }) => postgres({ url, table: name }),
        read: ({ name, schema }) => readTable(url, name, schema),
      },
      "left",
    );
    const sink = await fixture.openAlone(table);
    await server.pause();
    const began = performance.now();
    await sink.close();
    expect(performance.now() - began).toBeLessThan(10_000);
    await server.resume();
  });
});
