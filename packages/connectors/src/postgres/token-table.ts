import { millraceError, type SinkContext, type SinkToken } from "@millrace/core";
import { quoteName } from "./sql-type.ts";
import type { Session } from "./session.ts";

/** The tokens of all sinks that write tables of a schema. */
export class TokenTable {
  readonly #table: string;
  readonly #context: SinkContext;

  constructor(schema: string, context: SinkContext) {
    this.#table = `${quoteName(schema)}.millrace_tokens`;
    this.#context = context;
  }

  /** Makes the table where it is missing. */
  async create(session: Session): Promise<void> {
    const found = await session.query("SELECT to_regclass($1) AS oid", [this.#table]);
    if (found[0]?.["oid"] !== null) return;
    await session.query(
      `CREATE TABLE ${this.#table} (
         pipeline text NOT NULL, sink text NOT NULL, "partition" integer NOT NULL,
         generation bigint NOT NULL, "offset" bigint NOT NULL,
         PRIMARY KEY (pipeline, sink, "partition"))`,
    );
  }

  async read(session: Session, partition: number): Promise<SinkToken | undefined> {
    const [row] = await session.query(
      `SELECT generation, "offset" FROM ${this.#table}
       WHERE pipeline = $1 AND sink = $2 AND "partition" = $3`,
      [...this.#sink, partition],
    );
    if (row === undefined) return undefined;
    return { generation: Number(row["generation"]), offset: BigInt(String(row["offset"])) };
  }

  /**
   * Moves the token from `expected` to `next`. Where another transaction has it in hand it waits
   * for that one's end.
   *
   * @throws MillraceError `SINK_FENCED` when the token is another one
   */
  async move(
    session: Session,
    move: { partition: number; expected: SinkToken | undefined; next: SinkToken },
  ): Promise<void> {
    const { partition, expected, next } = move;
    const values = [...this.#sink, partition, next.generation, next.offset];
    const moved =
      expected === undefined
        ? await session.change(
            `INSERT INTO ${this.#table} VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
            values,
          )
        : await session.change(
            `UPDATE ${this.#table} SET generation = $4, "offset" = $5
             WHERE pipeline = $1 AND sink = $2 AND "partition" = $3
               AND generation = $6 AND "offset" = $7`,
            [...values, expected.generation, expected.offset],
          );
    if (moved !== 1) throw millraceError("SINK_FENCED", { sink: this.#context.sinkId });
  }

  /** Removes the sink's tokens of all partitions. */
  async remove(session: Session): Promise<void> {
    const sql = `DELETE FROM ${this.#table} WHERE pipeline = $1 AND sink = $2`;
    await session.change(sql, this.#sink);
  }

  get #sink(): readonly string[] {
    return [this.#context.pipeline, this.#context.sinkId];
  }
}
