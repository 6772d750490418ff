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

/** Which of the records that come too late an answer is without. */
export type LateRule = "none" | "record" | "window";

/** What an answer is of. */
export interface AnswersOptions {
  /** Directory of the data set. */
  readonly directory: string;
  /** With the views, one per query, `queries.sql`, and those for late records, `late.sql`. */
  readonly sql: string;
  /** Only for data sets with late records; default "none": the answer is of all records. */
  readonly lateRule?: LateRule;
}

/** The batch answers of the queries to one data set, in a DuckDB file that is made once. */
export class Answers {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance;
    this.#connection = connection;
  }

  static async open({ directory, sql, lateRule }: AnswersOptions): Promise<Answers> {
    const file = `${directory}/oracle${lateRule === undefined ? "" : `-${lateRule}`}.duckdb`;
    if (!existsSync(file)) await load(directory, file, lateRule);
    const instance = await DuckDBInstance.create(file);
    const connection = await instance.connect();
    await connection.run(readFileSync(`${sql}/queries.sql`, "utf8"));
    if (lateRule !== undefined) await connection.run(readFileSync(`${sql}/late.sql`, "utf8"));
    return new Answers(instance, connection);
  }

  /** Rows of the answer to a query. */
  rowCount(query: string): Promise<number> {
    return this.#count(`FROM ${query}`);
  }

  /** Compares the table `query` of a DuckDB file with the view of that name, as multisets. */
  compare(query: string, resultFile: string): Promise<Comparison> {
    return this.#attached(resultFile, () => this.#compareAttached(query));
  }

  /** The same where the file has the table; undefined otherwise. */
  async compareKept(query: string, resultFile: string): Promise<Comparison | undefined> {
    const tables = `SELECT 1 FROM duckdb_tables() WHERE database_name = 'result' AND table_name = '${query}'`;
    return this.#attached(resultFile, async () =>
      (await this.#count(tables)) === 0 ? undefined : this.#compareAttached(query),
    );
  }

  async #attached<Result>(resultFile: string, read: () => Promise<Result>): Promise<Result> {
    await this.#connection.run(`ATTACH '${resultFile}' AS result (READ_ONLY)`);
    try {
      return await read();
    } finally {
      await this.#connection.run("DETACH result");
    }
  }

  /** How many rows a query refuses as late, where the data set has late records. */
  lateCount(query: string): Promise<number> {
    return this.#number(`SELECT coalesce(sum(n), 0) FROM late_count WHERE query = '${query}'`);
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

  #count(rows: string): Promise<number> {
    return this.#number(`SELECT count(*) FROM (${rows})`);
  }

  async #number(sql: string): Promise<number> {
    const [[value] = []] = (await this.#connection.runAndReadAll(sql)).getRows();
    return Number(value);
  }

  async #texts(sql: string): Promise<string[]> {
    return (await this.#connection.runAndReadAll(sql)).getRows().map(([text]) => String(text));
  }
}

/** Which records of `arrived_…` are in time. */
const inTime: Readonly<Record<LateRule, string>> = {
  none: "true",
  record: "dateTime >= watermark",
  window:
    "time_bucket(INTERVAL 10 SECOND, dateTime, TIMESTAMP '1970-01-01') + INTERVAL 10 SECOND > watermark",
};

/** A file that another process, or a run that was killed, left half done never counts. */
async function load(directory: string, file: string, lateRule?: LateRule): Promise<void> {
  const unfinished = `${file}.${process.pid}`;
  rmSync(unfinished, { force: true });
  const instance = await DuckDBInstance.create(unfinished);
  const connection = await instance.connect();
  for (const [table, list] of Object.entries(columns)) {
    const files = `${directory}/${filesOf[table as keyof typeof filesOf]}.ndjson`;
    if (lateRule === undefined || table === "side_input") {
      await connection.run(`CREATE TABLE ${table} AS ${recordsOf(files, list)}`);
    } else {
      await connection.run(`CREATE TABLE arrived_${table} AS ${arrivedRecordsOf(files, list)};
        CREATE TABLE ${table} AS SELECT * EXCLUDE (arrival, filename, watermark)
        FROM arrived_${table} WHERE ${inTime[lateRule]}`);
    }
  }
  connection.closeSync();
  instance.closeSync();
  renameSync(unfinished, file);
}

function recordsOf(files: string, list: string, options = ""): string {
  const members = list
    .split(", ")
    .map((column) => column.split(" "))
    .map(([name, type]) => `${name}: '${type}'`)
    .join(", ");
  return `SELECT * FROM read_json('${files}', columns={${members}}, format='newline_delimited'${options})`;
}

/** Records with the watermark that they met: of their own file, 4 s behind the latest before. */
function arrivedRecordsOf(files: string, list: string): string {
  const records = recordsOf(files, `${list}, arrival BIGINT`, ", filename=true");
  return `SELECT *, max(dateTime) OVER (PARTITION BY filename ORDER BY arrival)
    - INTERVAL 4 SECOND AS watermark FROM (${records})`;
}
