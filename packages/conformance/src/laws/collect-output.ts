import type { Collector, DeadLetter } from "@millrace/core";
import { MapRow, type RecordBatch, StructRow, Vector } from "apache-arrow";

/** One output row as plain values by column. */
export type OutputRow = Readonly<Record<string, unknown>>;

/** A collector that keeps everything as plain rows. */
export interface CollectedOutput extends Collector {
  readonly rows: OutputRow[];
  readonly late: OutputRow[];
  /** By the name of the side output. */
  readonly sides: Record<string, OutputRow[]>;
  readonly deadLetters: DeadLetter[];
}

/** Plain comparable values: numbers, text, booleans, null, arrays, objects. */
function plainValue(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (value instanceof Vector) return [...value].map(plainValue);
  if (value instanceof StructRow || value instanceof MapRow) {
    const entries = [...value] as [string, unknown][];
    return Object.fromEntries(entries.map(([name, member]) => [name, plainValue(member)]));
  }
  if (value instanceof Uint8Array || value instanceof Uint32Array) return [...value].join(",");
  // −0 and 0 are the same value.
  return value === 0 ? 0 : (value ?? null);
}

/** The rows of a batch. */
export function rowsOf(batch: RecordBatch): OutputRow[] {
  const columns = batch.schema.fields.map((field, index) => ({
    name: field.name as string,
    vector: batch.getChildAt(index),
  }));
  return Array.from({ length: batch.numRows }, (_, row) =>
    Object.fromEntries(columns.map(({ name, vector }) => [name, plainValue(vector?.get(row))])),
  );
}

/** An empty collector. */
export function collectOutput(): CollectedOutput {
  const rows: OutputRow[] = [];
  const late: OutputRow[] = [];
  const sides: Record<string, OutputRow[]> = {};
  const deadLetters: DeadLetter[] = [];
  return {
    rows,
    late,
    sides,
    deadLetters,
    emit: (batch) => void rows.push(...rowsOf(batch)),
    emitLate: (batch) => void late.push(...rowsOf(batch)),
    emitSide: (name, batch) => void (sides[name] ??= []).push(...rowsOf(batch)),
    deadLetter: (letter) => void deadLetters.push(letter),
  };
}
