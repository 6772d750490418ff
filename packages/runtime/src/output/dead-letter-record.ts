import type { DeadLetter } from "@millrace/core";

/** Characters of a raw record that a dead letter keeps. */
const rawLengthMax = 65_536;

/** Dead letters as one log record: a JSON array. */
export function encodeDeadLetters(letters: readonly DeadLetter[]): Uint8Array {
  const cut = letters.map((letter) =>
    letter.raw.length > rawLengthMax
      ? { ...letter, raw: letter.raw.slice(0, rawLengthMax) }
      : letter,
  );
  return new TextEncoder().encode(JSON.stringify(cut));
}

/** Reads what `encodeDeadLetters` wrote. */
export function decodeDeadLetters(bytes: Uint8Array): DeadLetter[] {
  return JSON.parse(new TextDecoder().decode(bytes)) as DeadLetter[];
}
