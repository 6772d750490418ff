import { hasColumn } from "@millrace/columnar";
import { type FieldType, weightField } from "@millrace/core";
import type { RecordBatch } from "apache-arrow";
import type { PostgresSinkConfig } from "./config.ts";
import { CopyEncoder } from "./copy/copy-encoder.ts";
import type { TableColumn } from "./copy/field-writer-of.ts";
import type { Session } from "./session.ts";
import { nameList, quoteName } from "./sql-type.ts";
import { fullName } from "./table-layout.ts";

/** Temporary table of rows with a key; each session has its own, empty between transactions. */
const staged = "pg_temp.millrace_staged";
const weight = quoteName(weightField.name);
const weightColumn: TableColumn = { name: weightField.name, type: "integer", itemOid: 0 };

/** The table that a sink writes. */
export class RowTable {
  readonly #config: PostgresSinkConfig;
  readonly #fields: readonly FieldType[];
  readonly #columns: readonly TableColumn[];
  readonly #table: string;
  readonly #names: string;
  /** Sessions that have the temporary table. */
  readonly #prepared = new WeakSet<Session>();

  /** @param columns of the table, one for each field */
  constructor(
    config: PostgresSinkConfig,
    fields: readonly FieldType[],
    columns: readonly TableColumn[],
  ) {
    this.#config = config;
    this.#fields = fields;
    this.#columns = columns;
    this.#table = fullName(config);
    this.#names = nameList(fields.map(({ name }) => name));
  }

  /** Makes what a session needs before it writes: once, in a transaction of its own. */
  async prepare(session: Session): Promise<void> {
    if (this.#config.key === undefined || this.#prepared.has(session)) return;
    await session.transaction(async () => {
      await session.query(
        `CREATE TEMP TABLE millrace_staged ON COMMIT DELETE ROWS AS
         SELECT ${this.#names}, 1 AS ${weight} FROM ${this.#table} LIMIT 0`,
      );
      await session.query(`ALTER TABLE ${staged} ALTER COLUMN ${weight} SET DEFAULT 1`);
    });
    this.#prepared.add(session);
  }

  /** Writes batches with rows, in the caller's transaction. */
  async write(session: Session, batches: readonly RecordBatch[]): Promise<void> {
    const { key } = this.#config;
    if (key !== undefined) return await this.#replace(session, key, batches);
    const encoder = new CopyEncoder(this.#fields, this.#columns, this.#config.table);
    await this.#copy(session, `${this.#table} (${this.#names})`, encoder, batches);
  }

  async #copy(
    session: Session,
    target: string,
    encoder: CopyEncoder,
    batches: readonly RecordBatch[],
  ): Promise<void> {
    await session.copy(`COPY ${target} FROM STDIN BINARY`, encoder.encode(batches));
  }

  async #replace(
    session: Session,
    key: readonly string[],
    batches: readonly RecordBatch[],
  ): Promise<void> {
    const isUpdating = batches.every((batch) => hasColumn(batch, weightField.name));
    const fields = isUpdating ? [...this.#fields, weightField] : this.#fields;
    const columns = isUpdating ? [...this.#columns, weightColumn] : this.#columns;
    const target = `${staged} (${nameList(fields.map(({ name }) => name))})`;
    const encoder = new CopyEncoder(fields, columns, this.#config.table);
    await this.#copy(session, target, encoder, batches);
    // The place of a row in a table that was empty says which one came last.
    const last = `SELECT DISTINCT ON (${nameList(key)}) * FROM ${staged}
                  ORDER BY ${nameList(key)}, ctid DESC`;
    if (isUpdating) {
      await session.query(
        `DELETE FROM ${this.#table} AS old USING (${last}) AS new
         WHERE new.${weight} < 0 AND ${this.#sameKey(key)}`,
      );
    }
    await session.query(
      `INSERT INTO ${this.#table} (${this.#names})
       SELECT ${this.#names} FROM (${last}) AS new WHERE new.${weight} > 0
       ON CONFLICT (${nameList(key)}) ${this.#onConflict(key)}`,
    );
  }

  /** Written so that an index can be used, which IS NOT DISTINCT FROM cannot. */
  #sameKey(key: readonly string[]): string {
    return key
      .map((name) => {
        const column = quoteName(name);
        const equal = `old.${column} = new.${column}`;
        const field = this.#fields.find((each) => each.name === name);
        if (field?.type.nullable !== true) return equal;
        return `(${equal} OR (old.${column} IS NULL AND new.${column} IS NULL))`;
      })
      .join(" AND ");
  }

  #onConflict(key: readonly string[]): string {
    const others = this.#fields.map(({ name }) => name).filter((name) => !key.includes(name));
    if (others.length === 0) return "DO NOTHING";
    const moves = others.map(quoteName).map((column) => `${column} = excluded.${column}`);
    return `DO UPDATE SET ${moves.join(", ")}`;
  }
}
