import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { expect, it } from "vitest";
import { describeWithOwnStore, describeWithStore } from "../describe.mjs";
import { startService } from "../services.mjs";

async function ask(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

describeWithOwnStore("postgres", "a store of one's own", (store) => {
  it("keeps its data when it is killed and started again", { timeout: 60_000 }, async () => {
    await ask(store.url, "CREATE TABLE kept AS SELECT 1 AS one");
    await store.kill();
    await expect(ask(store.url, "SELECT 1")).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await store.start();
    expect(await ask(store.url, "SELECT * FROM kept")).toEqual([{ one: 1 }]);
  });

  it("answers nobody while it is paused", async () => {
    await store.pause();
    const answer = ask(store.url, "SELECT 1 AS one");
    expect(await Promise.race([answer, delay(300, "silent")])).toBe("silent");
    await store.resume();
    expect(await answer).toEqual([{ one: 1 }]);
  });
});

describeWithStore("postgres", "the stores of a test run", (store) => {
  it("are those that everybody gets", async () => {
    expect(await startService("postgres")).toEqual({ url: store.url });
    const settings = "SELECT current_setting('wal_level') AS level";
    expect(await ask(store.url, settings)).toEqual([{ level: "logical" }]);
  });
});
