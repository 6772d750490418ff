import { type MillraceError, millraceError, type Offset } from "@millrace/core";

/** The error for an offset outside of what a partition holds. */
export function offsetOutOfRange(
  topic: string,
  partition: number,
  at: Offset,
  bounds: { readonly start: Offset; readonly end: Offset },
): MillraceError {
  return millraceError("LOG_OFFSET_OUT_OF_RANGE", {
    topic,
    partition,
    offset: String(at),
    start: String(bounds.start),
    end: String(bounds.end),
  });
}
