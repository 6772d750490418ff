import { findField, type Json, millraceError, type RowSchema } from "@millrace/core";

const keyKinds = /^(boolean|u?int\d+|decimal|utf8|enum|date|timestamp|duration)$/;

/** Reads the options of a descriptor; what does not fit is `CONNECTOR_CONFIG_INVALID`. */
export class OptionReader {
  readonly #connector: string;
  readonly #members: { readonly [name: string]: Json };

  constructor(connector: string, options: Json) {
    this.#connector = connector;
    if (typeof options !== "object" || options === null || Array.isArray(options)) {
      throw this.invalid("options must be an object");
    }
    this.#members = options as { readonly [name: string]: Json };
  }

  /** An option as it is; undefined where it is absent. */
  option(name: string): Json | undefined {
    return this.#members[name];
  }

  text(name: string): string {
    const value = this.#members[name];
    if (typeof value === "string" && value !== "") return value;
    throw this.invalid(`${name} must be a text`);
  }

  /** Names of columns; none where the option is absent. */
  texts(name: string): readonly string[] {
    const value = this.#members[name];
    if (value === undefined) return [];
    if (Array.isArray(value) && value.every((each) => typeof each === "string")) return value;
    throw this.invalid(`${name} must be a list of columns`);
  }

  /** A whole number from 0. */
  count(name: string): number | undefined {
    const value = this.#members[name];
    if (value === undefined) return undefined;
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
    throw this.invalid(`${name} must be a whole number`);
  }

  /** @param problem a sentence without its full stop */
  invalid(problem: string): Error {
    return millraceError("CONNECTOR_CONFIG_INVALID", { connector: this.#connector, problem });
  }
}

/** Columns that identify a row must be there, and have one text for each value. */
export function checkKeyColumns(
  connector: string,
  key: readonly string[],
  schema: RowSchema,
): void {
  for (const name of key) {
    const kind = findField(schema, name)?.type.kind;
    if (kind !== undefined && keyKinds.test(kind)) continue;
    const problem =
      kind === undefined
        ? `there is no column ${JSON.stringify(name)}`
        : `the column ${JSON.stringify(name)} is ${kind}, which makes no key`;
    throw millraceError("CONNECTOR_CONFIG_INVALID", { connector, problem });
  }
}
