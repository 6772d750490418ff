import { existsSync, readFileSync, renameSync, rmSync } from "node:fs";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";

const columns = {
  person:
    "seq BIGINT, id BIGINT, name VARCHAR, emailAddress VARCHAR, creditCard VARCHAR, city VARCHAR, state VARCHAR, dateTime TIMESTAMP_MS, extra VARCHAR",
  auction:
    "seq BIGINT, id BIGINT, itemName VARCHAR, description VARCHAR, initialBid BIGINT, reserve BIGINT, dateTime TIMESTAMP_MS, expires TIMESTAMP_MS, seller BIGINT, category BIGINT, extra VARCHAR",
  bid: "seq BIGINT, auction BIGINT, bidder BIGINT, price BIGINT, channel VARCHAR, url VARCHAR, dateTime TIMESTAMP_MS, extra VARCHAR",
  side_input: "key BIGINT, value VARCHAR",
} as const;

const filesOf = {
  person: "person-*",
  auction: "auction-*",
  bid: "bid-*",
  side_input: "side-input",
} as const;

/** How a query's result differs from what DuckDB computes of the same records. */
export interface Comparison {
  readonly rows: number;
  readonly expected: number;
  /** Rows of the result that the oracle does not have. */
  readonly wrong: number;
  /** Rows of the oracle that the result does not have. */
  readonly missing: number;
  /** Some of the rows that differ, for people. */
  readonly examples: readonly string[];
}

/** The batch answers of the queries to one data set, in a DuckDB file that is made once. */
export class Oracle {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance;
    this.#connection = connection;
  }

  /**
   * @param directory of the data set
   * @param queriesFile the views, one per query
   */
  static async open(directory: string, queriesFile: string): Promise<Oracle> {
    const file = `${directory}/oracle.duckdb`;
    if (!existsSync(file)) await load(directory, file);
    const instance = await DuckDBInstance.create(file);
    const connection = await instance.connect();
    await connection.run(readFileSync(queriesFile, "utf8"));
    return new Oracle(instance, connection);
  }

  /** Compares the table `query` of a DuckDB file with the view of that name, as multisets. */
  async compare(query: string, resultFile: string): Promise<Comparison> {
    await this.#connection.run(`ATTACH '${resultFile}' AS result (READ_ONLY)`);
    try {
      return await this.#compareAttached(query);
    } finally {
      await this.#connection.run("DETACH result");
    }
  }

  async #compareAttached(query: string): Promise<Comparison> {
    await this.#connection.run(
      `CREATE TABLE IF NOT EXISTS expected_${query} AS SELECT * FROM ${query}`,
    );
    const names = await this.#texts(
      `SELECT column_name FROM duckdb_columns() WHERE table_name = 'expected_${query}' ORDER BY column_index`,
    );
    const list = names.map((name) => `"${name}"`).join(", ");
    const actual = `(SELECT ${list} FROM result.${query})`;
    const expected = `(SELECT ${list} FROM expected_${query})`;
    const wrong = `${actual} EXCEPT ALL ${expected}`;
    const missing = `${expected} EXCEPT ALL ${actual}`;
    const count = (rows: string): Promise<number> => this.#count(rows);
    return {
      rows: await count(actual),
      expected: await count(expected),
      wrong: await count(wrong),
      missing: await count(missing),
      examples: [
        ...(await this.#texts(`SELECT 'wrong ' || x::VARCHAR FROM (${wrong} LIMIT 3) x`)),
        ...(await this.#texts(`SELECT 'missing ' || x::VARCHAR FROM (${missing} LIMIT 3) x`)),
      ],
    };
  }

  close(): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }

  async #count(rows: string): Promise<number> {
    const [[count] = []] = (
      await this.#connection.runAndReadAll(`SELECT count(*) FROM (${rows})`)
    ).getRows();
    return Number(count);
  }

  async #texts(sql: string): Promise<string[]> {
    return (await this.#connection.runAndReadAll(sql)).getRows().map(([text]) => String(text));
  }
}

/** A file that another process, or a run that was killed, left half done never counts. */
async function load(directory: string, file: string): Promise<void> {
  const unfinished = `${file}.${process.pid}`;
  rmSync(unfinished, { force: true });
  const instance = await DuckDBInstance.create(unfinished);
  const connection = await instance.connect();
  for (const [table, list] of Object.entries(columns)) {
    const members = list
      .split(", ")
      .map((column) => column.split(" "))
      .map(([name, type]) => `${name}: '${type}'`)
      .join(", ");
    const files = `${directory}/${filesOf[table as keyof typeof filesOf]}.ndjson`;
    await connection.run(
      `CREATE TABLE ${table} AS SELECT * FROM read_json('${files}', columns={${members}}, format='newline_delimited')`,
    );
  }
  connection.closeSync();
  instance.closeSync();
  renameSync(unfinished, file);
}
