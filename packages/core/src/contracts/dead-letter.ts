import type { ErrorCode } from "../errors/millrace-error.ts";
import type { Json } from "./json.ts";

/**
 * A record that could not go on: what it was, why, and where. Never dropped in silence, always
 * counted.
 */
export interface DeadLetter {
  readonly code: ErrorCode;
  /** The catalogue's sentence, filled in. */
  readonly reason: string;
  readonly operatorId: string;
  /** Source partition and offset, where known. */
  readonly partition: number;
  readonly offset: number;
  /** The raw text, or the row as JSON; cut at 64 KiB. */
  readonly raw: string;
  /** More about the place: file, line, column. */
  readonly place?: Json;
}
