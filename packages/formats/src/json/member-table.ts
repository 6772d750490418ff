import type { ValueColumn } from "../value/value-column.ts";
import { plainTextEnd } from "./scan.ts";

const encoder = new TextEncoder();
/** Members without a column that are remembered; more are scanned each time. */
const membersMax = 256;

/** A member's name, to be found in bytes, and what it led to. */
export class Member {
  /** Absent for a member that no column takes. */
  readonly column: ValueColumn | undefined;
  /** Bytes of the name with its quotes. */
  readonly size: number;
  /** The member that followed this one when it was last read: the prediction. */
  next: Member | undefined;
  readonly #words: Int32Array;
  /** The name's bytes in the last word. */
  readonly #lastMask: number;
  readonly #lastWord: number;

  constructor(name: Uint8Array, column: ValueColumn | undefined) {
    this.column = column;
    this.size = name.length + 2;
    const quoted = new Uint8Array((this.size + 3) & ~3);
    quoted[0] = 34;
    quoted.set(name, 1);
    quoted[this.size - 1] = 34;
    const view = new DataView(quoted.buffer);
    const words = Int32Array.from({ length: quoted.length / 4 }, (_, i) =>
      view.getInt32(i * 4, true),
    );
    this.#words = words.subarray(0, -1);
    this.#lastWord = words.at(-1)!;
    this.#lastMask = -1 >>> ((quoted.length - this.size) * 8);
  }

  /** Whether the name stands at `at`, in its quotes. */
  isAt(view: DataView, at: number): boolean {
    const words = this.#words;
    let next = at;
    for (let i = 0; i < words.length; i++) {
      if (view.getInt32(next, true) !== words[i]) return false;
      next += 4;
    }
    return ((view.getInt32(next, true) ^ this.#lastWord) & this.#lastMask) === 0;
  }
}

/** The members seen, and those looked for. */
export class MemberTable {
  /** Stands before the first member of a record. */
  readonly start: Member = new Member(new Uint8Array(0), undefined);
  readonly #members: Member[] = [];
  readonly #columnCount: number;

  constructor(columns: readonly ValueColumn[]) {
    for (const column of columns) {
      const name = encoder.encode(column.field.name);
      // Such a name is written with escapes, so raw bytes are never it.
      if (name.some((byte) => byte < 32 || byte === 34 || byte === 92)) continue;
      this.#members.push(new Member(name, column));
    }
    this.#columnCount = this.#members.length;
  }

  /** The member whose name starts at `at`; undefined when that is no name, or has escapes. */
  find(bytes: Uint8Array, view: DataView, at: number): Member | undefined {
    for (const member of this.#members) if (member.isAt(view, at)) return member;
    if (bytes[at] !== 34) return undefined;
    const end = plainTextEnd(view, at + 1);
    if (bytes[end] !== 34) return undefined;
    const member = new Member(bytes.slice(at + 1, end), undefined);
    if (this.#members.length < this.#columnCount + membersMax) this.#members.push(member);
    return member;
  }
}
