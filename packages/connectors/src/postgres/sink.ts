import type { Sink, SinkContext, SinkToken } from "@millrace/core";
import type { RecordBatch } from "apache-arrow";
import { type PostgresSinkConfig, readSinkConfig } from "./config.ts";
import { Lanes } from "./lanes.ts";
import { RowTable } from "./row-table.ts";
import { Session } from "./session.ts";
import { writtenFields } from "./sql-type.ts";
import { ensureTable, fullName, lockLayout } from "./table-layout.ts";
import { TokenTable } from "./token-table.ts";

// Invariants:
//   S1. Rows and token are written in one transaction.
//   S2. The token is moved before the rows are written, so that a fenced writer writes nothing; the
//       row of the token is locked until the transaction ends.
//   S3. After an error that may pass, the next write has a connection of its own. Whether the one
//       before was committed shows in the token: S2 lets nobody read it while that is open.

/** Opens the sink that `postgres(…)` describes; table and token table exist afterwards. */
export async function openPostgresSink(context: SinkContext): Promise<Sink> {
  const config = readSinkConfig(context.options, context.schema);
  const name = `millrace ${context.pipeline}/${context.sinkId}`;
  const lanes = new Lanes(config.connections, () => Session.open(config, name, context.clock));
  const tokens = new TokenTable(config.schema, context);
  const fields = writtenFields(context.schema);
  try {
    const columns = await lanes.run(0, (session) =>
      session.transaction(async () => {
        await lockLayout(session);
        await tokens.create(session);
        return await ensureTable(session, config, fields);
      }),
    );
    return new PostgresSink(config, lanes, tokens, new RowTable(config, fields, columns));
  } catch (error) {
    await lanes.close();
    throw error;
  }
}

class PostgresSink implements Sink {
  readonly guarantee = "exactly-once";
  readonly #config: PostgresSinkConfig;
  readonly #lanes: Lanes;
  readonly #tokens: TokenTable;
  readonly #rows: RowTable;

  constructor(config: PostgresSinkConfig, lanes: Lanes, tokens: TokenTable, rows: RowTable) {
    this.#config = config;
    this.#lanes = lanes;
    this.#tokens = tokens;
    this.#rows = rows;
  }

  async startAfresh(): Promise<void> {
    if (this.#config.whenFresh === "append") return;
    await this.#transaction(0, async (session) => {
      await this.#tokens.remove(session);
      await session.query(`TRUNCATE ${fullName(this.#config)}`);
    });
  }

  async readToken(partition: number): Promise<SinkToken | undefined> {
    return await this.#transaction(partition, (session) => this.#tokens.read(session, partition));
  }

  async write(write: {
    partition: number;
    rows: readonly RecordBatch[];
    expected: SinkToken | undefined;
    next: SinkToken;
  }): Promise<void> {
    await this.#lanes.run(write.partition, async (session) => {
      await this.#rows.prepare(session);
      await session.transaction(async () => {
        await this.#tokens.move(session, write);
        const batches = write.rows.filter((batch) => batch.numRows > 0);
        if (batches.length > 0) await this.#rows.write(session, batches);
      });
    });
  }

  async close(): Promise<void> {
    await this.#lanes.close();
  }

  async #transaction<Result>(
    partition: number,
    work: (session: Session) => Promise<Result>,
  ): Promise<Result> {
    return await this.#lanes.run(partition, (session) => session.transaction(() => work(session)));
  }
}
