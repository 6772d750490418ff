import { columnOf, hasColumn, rowReader } from "@millrace/columnar";
import {
  type Connector,
  type FieldType,
  hiddenColumns,
  isHiddenColumn,
  type Json,
  millraceError,
  type Sink,
  type SinkContext,
  type SinkToken,
} from "@millrace/core";
import type { RecordBatch } from "apache-arrow";
import { textTable } from "./text-table.ts";

/** A console connector that prints through `write`; each call holds whole lines. */
export function createConsoleConnector(write: (text: string) => void): Connector {
  return { openSink: async (context) => new ConsoleSink(context, write) };
}

/** Prints to the standard output. */
export const consoleConnector: Connector = createConsoleConnector((text) => {
  process.stdout.write(text);
});

/** Keeps its tokens in memory: what is on a screen survives no restart. */
class ConsoleSink implements Sink {
  readonly guarantee = "at-least-once";
  readonly #context: SinkContext;
  readonly #write: (text: string) => void;
  readonly #rowsMax: number;
  readonly #tokens = new Map<number, SinkToken>();

  constructor(context: SinkContext, write: (text: string) => void) {
    this.#context = context;
    this.#write = write;
    this.#rowsMax = readRowsMax(context.options);
  }

  async startAfresh(): Promise<void> {
    this.#tokens.clear();
  }

  async readToken(partition: number): Promise<SinkToken | undefined> {
    return this.#tokens.get(partition);
  }

  async write(write: {
    partition: number;
    rows: readonly RecordBatch[];
    expected: SinkToken | undefined;
    next: SinkToken;
  }): Promise<void> {
    const { partition, rows, expected, next } = write;
    const current = this.#tokens.get(partition);
    if (current?.generation !== expected?.generation || current?.offset !== expected?.offset) {
      throw millraceError("SINK_FENCED", { sink: this.#context.sinkId });
    }
    this.#print(rows);
    this.#tokens.set(partition, next);
  }

  async close(): Promise<void> {
    this.#tokens.clear();
  }

  #print(batches: readonly RecordBatch[]): void {
    const rowCount = batches.reduce((sum, batch) => sum + batch.numRows, 0);
    if (rowCount === 0) return;
    const own = this.#context.schema.fields.filter((field) => !isHiddenColumn(field.name));
    const readRow = rowReader({ fields: own });
    const rows: Record<string, unknown>[] = [];
    for (const batch of batches) {
      const wanted = Math.min(batch.numRows, this.#rowsMax - rows.length);
      const signOf = signReader(batch);
      for (let row = 0; row < wanted; row++) rows.push({ ...readRow(batch, row), ...signOf(row) });
    }
    const isUpdating = batches.some((batch) => hasColumn(batch, hiddenColumns.weight));
    const fields = isUpdating ? [signField, ...own] : own;
    const more = rowCount - rows.length;
    const rest = more === 0 ? "" : `… and ${more.toLocaleString("en-US")} more rows\n`;
    this.#write(`${this.#context.sinkId}\n${textTable(fields, rows)}${rest}`);
  }
}

/** Whether a row of an updating stream comes or goes, under a name that few columns have. */
const signField: FieldType = { name: "±", type: { kind: "utf8", nullable: false } };

function signReader(batch: RecordBatch): (row: number) => Record<string, unknown> {
  if (!hasColumn(batch, hiddenColumns.weight)) return () => ({});
  const weights = columnOf(batch, hiddenColumns.weight).values as Int32Array;
  return (row) => ({ [signField.name]: (weights[row] as number) > 0 ? "+" : "−" });
}

function readRowsMax(options: Json): number {
  const rowsMax = (options as { readonly rowsMax?: Json } | null)?.rowsMax ?? 20;
  if (typeof rowsMax !== "number" || !Number.isInteger(rowsMax) || rowsMax < 0) {
    const problem = "rowsMax must be a whole number from 0";
    throw millraceError("CONNECTOR_CONFIG_INVALID", { connector: "console", problem });
  }
  return rowsMax;
}
