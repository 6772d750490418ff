import { millraceError, type Sink, type SinkToken } from "@millrace/core";

/**
 * How far a partition is written. A large write is done in parts: between two of them the token
 * still stands, and `rows` of what comes after it are there, as a run of `generation` has written
 * them. The same offset is followed by the same rows, however they are cut into writes.
 */
interface Mark {
  readonly token: SinkToken | undefined;
  readonly generation: number;
  readonly rows: number;
}

const form = /^(?:(\d+):(\d+))?(?:\+(\d+):(\d+))?$/;

/** As the store has it: `generation:offset`, and `+generation:rows` where rows follow. */
function formatMark({ token, generation, rows }: Mark): string {
  const whole = token === undefined ? "" : `${token.generation}:${token.offset}`;
  return rows === 0 ? whole : `${whole}+${generation}:${rows}`;
}

/** @throws MillraceError `STORE_FAILED` when somebody else has written the text */
function parseMark(text: string): Mark {
  const match = form.exec(text);
  if (match === null) {
    const problem = `a token is ${JSON.stringify(text)}, which Millrace has not written`;
    throw millraceError("STORE_FAILED", { store: "The store", problem });
  }
  const [, generation, offset, writer, rows] = match;
  return {
    token:
      offset === undefined ? undefined : { generation: Number(generation), offset: BigInt(offset) },
    generation: Number(writer ?? generation ?? 0),
    rows: Number(rows ?? 0),
  };
}

function isSameToken(left: SinkToken | undefined, right: SinkToken | undefined): boolean {
  return left?.generation === right?.generation && left?.offset === right?.offset;
}

/** The token of a mark's text; that of no text is undefined. */
export function tokenOf(text: string | null | undefined): SinkToken | undefined {
  return parseMark(text ?? "").token;
}

/** Whether a mark's text is of a later generation than the given one. */
export function isLater(text: string, generation: number): boolean {
  const mark = parseMark(text);
  return Math.max(mark.generation, mark.token?.generation ?? 0) > generation;
}

/** A part of a write that is to be done, if the partition's mark is `expected`. */
export interface Part {
  /** Index of its first row in the write. */
  readonly from: number;
  readonly expected: string;
  /** The mark once the rows before `end` are there. */
  markAt(end: number): string;
}

/** What has become of a part. */
export interface PartResult {
  /** Index of the row after its last one. */
  readonly end: number;
  /** The mark, if it was not the expected one: nothing was written. */
  readonly found?: string | undefined;
}

/**
 * Does a write in parts, each of which moves the partition's mark with its rows.
 *
 * Who finds another mark goes on from it if it is within this write. Any other mark fences the
 * writer; also the end of this write, where an answer was lost: who asks for the token sees it.
 *
 * @param rows of the write
 * @throws MillraceError `SINK_FENCED`
 */
export async function writeInParts(
  sinkId: string,
  write: Pick<Parameters<Sink["write"]>[0], "expected" | "next">,
  rows: number,
  writePart: (part: Part) => Promise<PartResult>,
): Promise<void> {
  const { generation } = write.next;
  const begin: Mark = { token: write.expected, generation, rows: 0 };
  let expected = formatMark(begin);
  let from = 0;
  /** Rows behind this write that are there: an earlier write had more rows. */
  let ahead = 0;
  const markAt = (end: number): string =>
    formatMark(
      end === rows
        ? { token: write.next, generation, rows: ahead }
        : { token: write.expected, generation, rows: end },
    );
  for (;;) {
    const { end, found } = await writePart({ from, expected, markAt });
    if (found === undefined && end === rows) return;
    const there = found === undefined ? end : rowsOf(parseMark(found), begin, sinkId);
    expected = found ?? markAt(end);
    from = Math.min(there, rows);
    ahead = there - from;
  }
}

/** Rows of the write that are there, by the mark that was found. */
function rowsOf(found: Mark, begin: Mark, sinkId: string): number {
  const isWithin =
    isSameToken(found.token, begin.token) && found.rows > 0 && found.generation <= begin.generation;
  if (!isWithin) throw millraceError("SINK_FENCED", { sink: sinkId });
  return found.generation === begin.generation ? found.rows : 0;
}
