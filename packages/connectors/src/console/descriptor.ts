import { assertUserInput, type UpdatingSinkDescriptor } from "@millrace/core";

/** Options of the console sink. */
export interface ConsoleTableOptions {
  /** Rows printed of each write; the others are counted. At least 0, default 20. */
  readonly rowsMax?: number;
}

/**
 * Prints rows as an aligned table; those of an updating stream as changes, with `+` or `−` before
 * each. At least once: after a restart the last rows may come again.
 */
export function consoleTable(options: ConsoleTableOptions = {}): UpdatingSinkDescriptor {
  const { rowsMax = 20 } = options;
  assertUserInput(
    Number.isInteger(rowsMax) && rowsMax >= 0,
    "consoleTable: rowsMax must be a whole number from 0",
  );
  return {
    role: "sink",
    connector: "console",
    guarantee: "at-least-once",
    options: { rowsMax },
    updatesKey: [],
  };
}
