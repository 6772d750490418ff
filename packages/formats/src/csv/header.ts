import { CsvScanner, fieldForm } from "./scanner.ts";

/** A header line: the names, and the bytes and lines that it takes. */
export interface CsvHeader {
  readonly names: readonly string[];
  readonly bytesRead: number;
}

const text = new TextDecoder("utf-8", { ignoreBOM: true });

/** The bytes of a byte order mark at the start: 3 or 0. */
export function byteOrderMarkBytes(bytes: Uint8Array): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}

/** The header line at the start of `bytes`, after a byte order mark; undefined if it has no end. */
export function readHeader(
  bytes: Uint8Array,
  delimiter: number,
  isEnd: boolean,
): CsvHeader | undefined {
  const start = byteOrderMarkBytes(bytes);
  if (bytes.length === start) return undefined;
  const scanner = new CsvScanner(delimiter);
  const bytesRead = scanner.scan(bytes, start, isEnd);
  if (bytesRead < 0) return undefined;
  const names = Array.from({ length: scanner.fieldCount }, (_, i) => fieldText(bytes, scanner, i));
  return { names, bytesRead };
}

/** The text of a field of the record just scanned, without quotes. */
export function fieldText(bytes: Uint8Array, scanner: CsvScanner, field: number): string {
  const raw = text.decode(bytes.subarray(scanner.starts[field], scanner.ends[field]));
  return scanner.forms[field] === fieldForm.doubled ? raw.replaceAll('""', '"') : raw;
}
