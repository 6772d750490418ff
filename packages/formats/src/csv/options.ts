import { millraceError } from "@millrace/core";

/** How a CSV text is written. */
export interface CsvOptions {
  /** One ASCII character. Default `,`. */
  readonly delimiter?: string;
  /** Whether the first line names the columns. Default true. */
  readonly hasHeader?: boolean;
  /** Texts that, unquoted, stand for null. The empty one always does. Default none. */
  readonly nullValues?: readonly string[];
}

/** The options with their defaults, checked. */
export interface CsvDialect {
  /** The delimiter's byte. */
  readonly delimiter: number;
  readonly hasHeader: boolean;
  readonly nullValues: readonly string[];
}

/** @throws MillraceError `CONNECTOR_CONFIG_INVALID` */
export function csvDialect(options: CsvOptions): CsvDialect {
  const { delimiter = ",", hasHeader = true, nullValues = [] } = options;
  const byte = String(delimiter).charCodeAt(0);
  if (
    typeof delimiter !== "string" ||
    delimiter.length !== 1 ||
    byte > 127 ||
    /["\r\n]/.test(delimiter)
  ) {
    const problem = `the delimiter must be one ASCII character, got ${JSON.stringify(delimiter)}`;
    throw millraceError("CONNECTOR_CONFIG_INVALID", { connector: "csv", problem });
  }
  return { delimiter: byte, hasHeader, nullValues };
}
