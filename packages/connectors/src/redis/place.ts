import { millraceError, type SinkToken } from "@millrace/core";

/**
 * How far a partition is written. A write is several calls where it is large: between two of them
 * the token still stands, and `rows` of what comes after it are there, as a run of `generation` has
 * written them. The same offset is followed by the same rows, however they are cut into writes.
 */
export interface Place {
  readonly token: SinkToken | undefined;
  readonly generation: number;
  readonly rows: number;
}

const form = /^(?:(\d+):(\d+))?(?:\+(\d+):(\d+))?$/;

/** As the store has it: `generation:offset`, and `+generation:rows` where rows follow. */
export function formatPlace({ token, generation, rows }: Place): string {
  const whole = token === undefined ? "" : `${token.generation}:${token.offset}`;
  return rows === 0 ? whole : `${whole}+${generation}:${rows}`;
}

/** @throws MillraceError `STORE_FAILED` when somebody else has written the text */
export function parsePlace(text: string): Place {
  const match = form.exec(text);
  if (match === null) {
    const problem = `its token is ${JSON.stringify(text)}, which Millrace has not written`;
    throw millraceError("STORE_FAILED", { store: "Redis", problem });
  }
  const [, generation, offset, writer, rows] = match;
  return {
    token:
      offset === undefined
        ? undefined
        : { generation: Number(generation), offset: BigInt(offset) },
    generation: Number(writer ?? generation ?? 0),
    rows: Number(rows ?? 0),
  };
}

export function isSameToken(left: SinkToken | undefined, right: SinkToken | undefined): boolean {
  return left?.generation === right?.generation && left?.offset === right?.offset;
}
