import type { DataType } from "@millrace/core";

/** How the loop holds a value: a double, 0|1, a string; `other` stays with the interpreter. */
export type Representation = "number" | "boolean" | "text" | "other";

/** The representation of a type's values. */
export function representationOf(type: DataType): Representation {
  switch (type.kind) {
    case "boolean":
      return "boolean";
    case "utf8":
    case "enum":
      return "text";
    case "int64":
    case "uint64":
      return type.as === "number" ? "number" : "other";
    case "timestamp":
      return type.unit === "ms" ? "number" : "other";
    case "decimal":
    case "binary":
    case "json":
    case "list":
    case "row":
    case "map":
      return "other";
    default:
      return "number";
  }
}

/**
 * A value in the loop: two code fragments. `isNull` is `0`, `1` or a variable that holds one of
 * them.
 */
export interface Operand {
  readonly value: string;
  readonly isNull: string;
}

/** A column that the loop reads. `hash` is the column's hashes, which are never null. */
export interface LoopInput {
  readonly column: string;
  readonly mode: "number" | "wide" | "unsignedWide" | "boolean" | "text" | "hash";
  readonly hasNulls: boolean;
}

/**
 * Gathers the loop's code. Only generated names and fixed fragments go into it; user text and
 * values are constants `k0, k1, …`, passed by reference.
 */
export class CodeWriter {
  readonly constants: unknown[] = [];
  readonly inputs: LoopInput[] = [];
  /** Loads at the top of the loop's body. */
  readonly loads: string[] = [];
  readonly body: string[] = [];
  readonly #hasNulls: (column: string) => boolean;
  readonly #loaded: Map<string, Operand & { index: number }> = new Map();
  #nextName = 0;

  constructor(hasNulls: (column: string) => boolean) {
    this.#hasNulls = hasNulls;
  }

  line(code: string): void {
    this.body.push(code);
  }

  /** A name for a value that may not be spelled in code. */
  constant(value: unknown): string {
    this.constants.push(value);
    return `k${this.constants.length - 1}`;
  }

  /** Declares a variable and gives its name. */
  define(code: string, keyword: "const" | "let" = "const"): string {
    const name = `t${this.#nextName++}`;
    this.line(`${keyword} ${name} = ${code};`);
    return name;
  }

  /** Null when either is. */
  either(left: string, right: string): string {
    if (left === "1" || right === "1") return "1";
    if (left === "0" || left === right) return right;
    return right === "0" ? left : this.define(`${left} | ${right}`);
  }

  /** Loads a column once per row; a text is only decoded by `textOf`. */
  load(column: string, mode: LoopInput["mode"]): Operand & { index: number } {
    const key = `${mode}:${column}`;
    const known = this.#loaded.get(key);
    if (known !== undefined) return known;
    const index = this.inputs.length;
    const hasNulls = mode !== "hash" && this.#hasNulls(column);
    this.inputs.push({ column, mode, hasNulls });
    const value = `v${index}`;
    const isNull = hasNulls ? `n${index}` : "0";
    if (mode !== "text") this.loads.push(`const ${value} = ${elementCode(index, mode)};`);
    if (hasNulls) {
      const bit = `(o${index} + row)`;
      this.loads.push(`const ${isNull} = ((b${index}[${bit} >> 3] >> (${bit} & 7)) & 1) ^ 1;`);
    }
    const operand = { value, isNull, index };
    this.#loaded.set(key, operand);
    return operand;
  }
}

function elementCode(index: number, mode: LoopInput["mode"]): string {
  switch (mode) {
    case "wide":
      return `h${index}[row * 2 + 1] * 4294967296 + l${index}[row * 2]`;
    case "unsignedWide":
      return `l${index}[row * 2 + 1] * 4294967296 + l${index}[row * 2]`;
    case "boolean":
      return `(c${index}[(o${index} + row) >> 3] >> ((o${index} + row) & 7)) & 1`;
    default:
      return `c${index}[row]`;
  }
}
