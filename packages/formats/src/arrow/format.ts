import { encodeIpc } from "@millrace/columnar";
import type { FieldType } from "@millrace/core";
import type { RecordBatch } from "apache-arrow";
import { readArrow } from "./read-arrow.ts";

/**
 * Arrow IPC. Not a `Format`: its bytes are read whole, and not record by record.
 *
 * `read` takes stream or file form; see `readArrow`. `write` gives one self-describing stream.
 */
export const arrowFormat: {
  readonly name: string;
  read(bytes: Uint8Array, fields: readonly FieldType[], path: string): RecordBatch;
  write(rows: RecordBatch): Uint8Array;
} = { name: "arrow", read: readArrow, write: encodeIpc };
