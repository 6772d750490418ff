import { once } from "node:events";
import { postgres, postgresConnector } from "@millrace/connectors/postgres";
import pg from "pg";
import { from as copyFrom } from "pg-copy-streams";
import type { Comparison } from "../../harness/compare.ts";
import { ownStore } from "./own-store.ts";
import { rideBatches, rideColumns, type Ride, rideWrites, rowCount } from "./rides.ts";
import { openRides, writeRides } from "./write-rides.ts";

const names = rideColumns.map((name) => `"${name}"`).join(", ");

/** A server whose commits are durable, as one in use has it. */
export async function comparePostgres(
  measure: (comparisons: readonly Comparison[]) => Promise<void>,
): Promise<void> {
  const server = await ownStore("postgres", { settings: { fsync: "on", max_wal_size: "4GB" } });
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  try {
    await client.query(
      `CREATE TABLE plain ("id" bigint NOT NULL, "at" timestamptz NOT NULL, "driver" text NOT NULL,
         "city" text NOT NULL, "km" double precision NOT NULL, "cents" integer NOT NULL,
         "isPaid" boolean NOT NULL, "note" text);
       CREATE TABLE keyed (LIKE plain, PRIMARY KEY (id))`,
    );
    await measure(await comparisons(server.url, client));
  } finally {
    await client.end();
    await server.close();
  }
}

async function comparisons(url: string, client: pg.Client): Promise<Comparison[]> {
  const batches = rideBatches();
  const writes = rideWrites();
  const texts = writes.map((rows) => [...copyTexts(rows)]);
  const common = { count: rowCount, unit: "rows/s" };
  const appended = await openRides(postgresConnector, postgres({ url, table: "rides" }));
  const replaced = await openRides(
    postgresConnector,
    postgres({ url, table: "latest", key: ["id"] }),
  );
  return [
    {
      ...common,
      case: "append",
      ours: () => writeRides(appended, batches),
      against: "COPY of text with pg-copy-streams",
      baseline: () => copyAll(client, writes.map(copyTexts)),
    },
    {
      ...common,
      case: "append, the same",
      ours: () => writeRides(appended, batches),
      against: "COPY of texts that lie ready: what the server takes",
      baseline: () => copyAll(client, texts),
    },
    {
      ...common,
      case: "with a key",
      ours: () => writeRides(replaced, batches),
      against: "INSERT … unnest … ON CONFLICT with pg",
      baseline: () => insertAll(client, writes),
    },
  ];
}

/** @param writes the texts of each transaction */
async function copyAll(client: pg.Client, writes: readonly Iterable<string>[]): Promise<void> {
  await client.query("TRUNCATE plain");
  for (const texts of writes) {
    await client.query("BEGIN");
    const stream = client.query(copyFrom(`COPY plain (${names}) FROM STDIN`));
    for (const text of texts) {
      if (!stream.write(text)) await once(stream, "drain");
    }
    stream.end();
    await once(stream, "finish");
    await client.query("COMMIT");
  }
}

/** As fast as a program without a framework can: a text of some thousand rows. */
function* copyTexts(rows: readonly Ride[]): Generator<string> {
  for (let at = 0; at < rows.length; at += 5_000) {
    yield rows
      .slice(at, at + 5_000)
      .map(copyLine)
      .join("");
  }
}

function copyLine({ id, at, driver, city, km, cents, isPaid, note }: Ride): string {
  const time = new Date(at).toISOString();
  const text = note === null ? "\\N" : escape(note);
  return `${id}\t${time}\t${escape(driver)}\t${escape(city)}\t${km}\t${cents}\t${isPaid}\t${text}\n`;
}

function escape(text: string): string {
  return /[\\\t\n\r]/.test(text) ? text.replace(/[\\\t\n\r]/g, (found) => escapes[found]!) : text;
}

const escapes: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "\t": "\\t",
  "\n": "\\n",
  "\r": "\\r",
};

async function insertAll(client: pg.Client, writes: readonly (readonly Ride[])[]): Promise<void> {
  const types = ["bigint", "timestamptz", "text", "text", "float8", "int", "boolean", "text"];
  const lists = types.map((type, index) => `$${index + 1}::${type}[]`).join(", ");
  const moves = rideColumns.slice(1).map((name) => `"${name}" = excluded."${name}"`);
  const sql = `INSERT INTO keyed (${names}) SELECT * FROM unnest(${lists})
    ON CONFLICT (id) DO UPDATE SET ${moves.join(", ")}`;
  await client.query("TRUNCATE keyed");
  for (const rows of writes) {
    const columns = rideColumns.map((name) =>
      rows.map((row) => {
        const value = row[name as keyof Ride];
        return name === "at" ? new Date(value as number).toISOString() : value;
      }),
    );
    await client.query(sql, columns);
  }
}
