import { errorSpec, type ErrorSpec, quote } from "../error-spec.ts";

/** Errors of sources and sinks. */
export const connectorErrors: {
  CONNECTOR_DRIVER_MISSING: ErrorSpec<{ connector: string; package: string }>;
  CONNECTOR_CONFIG_INVALID: ErrorSpec<{ connector: string; problem: string }>;
  FILE_NOT_FOUND: ErrorSpec<{ path: string }>;
  FILE_PERMISSION_DENIED: ErrorSpec<{ path: string; action: "read" | "write" }>;
  FILE_READ_FAILED: ErrorSpec<{ path: string; problem: string }>;
  FILE_CORRUPT: ErrorSpec<{ path: string; format: string; problem: string }>;
  FILE_COLUMN_MISSING: ErrorSpec<{ path: string; column: string; columns: readonly string[] }>;
  FILE_COLUMN_TYPE: ErrorSpec<{ path: string; column: string; expected: string; actual: string }>;
  FILE_VALUE_INVALID: ErrorSpec<{
    path: string;
    column: string;
    row: number;
    value: string;
    expected: string;
  }>;
  SINK_FENCED: ErrorSpec<{ sink: string }>;
  SINK_TOKEN_MISSING: ErrorSpec<{ sink: string }>;
  SINK_TABLE_MISMATCH: ErrorSpec<{ table: string; problem: string }>;
  STORE_UNREACHABLE: ErrorSpec<{ store: string; place: string; problem: string }>;
  STORE_ACCESS_DENIED: ErrorSpec<{ store: string; place: string; problem: string }>;
  STORE_BUSY: ErrorSpec<{ store: string; problem: string }>;
  STORE_ROW_REFUSED: ErrorSpec<{ store: string; table: string; problem: string }>;
  STORE_TRANSACTIONS_MISSING: ErrorSpec<{ store: string; place: string }>;
  STORE_FAILED: ErrorSpec<{ store: string; problem: string }>;
  DUCKDB_FILE_LOCKED: ErrorSpec<{ path: string }>;
  DUCKDB_FAILED: ErrorSpec<{ problem: string }>;
} = {
  CONNECTOR_DRIVER_MISSING: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 3,
    message: (p) =>
      `The ${p.connector} connector needs the package ${p.package}, which is not installed.`,
    hint: "Install it beside millrace: npm i <package>.",
  }),
  CONNECTOR_CONFIG_INVALID: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 2,
    message: (p) => `The ${p.connector} connector: ${p.problem}.`,
    hint: "Correct the descriptor's options.",
  }),
  FILE_NOT_FOUND: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 3,
    message: (p) => `There is no ${quote(p.path)}.`,
    hint: "Paths are relative to the working directory; check the spelling and the glob.",
  }),
  FILE_PERMISSION_DENIED: errorSpec({
    domain: "external",
    retry: "never",
    exitCode: 3,
    message: (p) => `No permission to ${p.action} ${quote(p.path)}.`,
    hint: "Change the file's or the directory's permission, or run as another user.",
  }),
  FILE_READ_FAILED: errorSpec({
    domain: "external",
    retry: "backoff",
    exitCode: 1,
    message: (p) => `Reading ${quote(p.path)} failed: ${p.problem}.`,
    hint: "Check the disk and the file.",
  }),
  FILE_CORRUPT: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 1,
    message: (p) => `${quote(p.path)} is not a whole ${p.format} file: ${p.problem}.`,
    hint: "It may have been cut off while it was written: copy it again.",
  }),
  FILE_COLUMN_MISSING: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 1,
    message: (p) =>
      `${quote(p.path)} has no column ${quote(p.column)} (it has ${p.columns.join(", ")}).`,
    hint: "Correct the row type, or the file.",
  }),
  FILE_COLUMN_TYPE: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 1,
    message: (p) =>
      `The column ${quote(p.column)} of ${quote(p.path)} is ${p.actual}, not ${p.expected}.`,
    hint: "Declare the column with the file's type and cast it in the pipeline.",
  }),
  FILE_VALUE_INVALID: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 1,
    message: (p) =>
      `Row ${p.row} of ${quote(p.path)} has ${quote(p.value)} in column ${quote(p.column)}, which is not ${p.expected}.`,
    hint: "Correct the file, or declare the column wider or nullable.",
  }),
  SINK_FENCED: errorSpec({
    domain: "internal",
    retry: "never",
    exitCode: 1,
    message: (p) => `Another writer has moved the token of ${quote(p.sink)}.`,
    hint: "Two runs write to the same sink: stop one of them.",
  }),
  SINK_TOKEN_MISSING: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 1,
    message: (p) => `The store has lost the token of ${quote(p.sink)}, which had one before.`,
    hint: "Restore the store, or start afresh with --fresh.",
  }),
  SINK_TABLE_MISMATCH: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 1,
    message: (p) => `The table ${quote(p.table)} does not fit: ${p.problem}.`,
    hint: "Change the table or choose another name.",
  }),
  STORE_UNREACHABLE: errorSpec({
    domain: "external",
    retry: "backoff",
    exitCode: 3,
    message: (p) => `${p.store} at ${quote(p.place)} does not answer: ${p.problem}.`,
    hint: "Check that the server runs, and host, port and TLS of the url. A running pipeline tries again.",
  }),
  STORE_ACCESS_DENIED: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 3,
    message: (p) => `${p.store} at ${quote(p.place)} refuses access: ${p.problem}.`,
    hint: "Check user and password, and what the user may do.",
  }),
  STORE_BUSY: errorSpec({
    domain: "external",
    retry: "backoff",
    exitCode: 1,
    message: (p) => `${p.store} takes no writes now: ${p.problem}.`,
    hint: "It lacks memory or disk, starts or elects. A running pipeline tries again.",
  }),
  STORE_ROW_REFUSED: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 1,
    message: (p) => `${p.store} does not take a row into ${quote(p.table)}: ${p.problem}.`,
    hint: "Filter such rows before the sink, or change the rule of the store that they break.",
  }),
  STORE_TRANSACTIONS_MISSING: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 3,
    message: (p) => `${p.store} at ${quote(p.place)} is no replica set, and has no transactions.`,
    hint: "Start mongod with --replSet and call rs.initiate() once; a set may have one member.",
  }),
  STORE_FAILED: errorSpec({
    domain: "external",
    retry: "never",
    exitCode: 1,
    message: (p) => `${p.store}: ${p.problem}.`,
    hint: "See the text of the store itself.",
  }),
  DUCKDB_FILE_LOCKED: errorSpec({
    domain: "external",
    retry: "backoff",
    exitCode: 3,
    message: (p) => `The DuckDB file ${quote(p.path)} is open in another process.`,
    hint: "DuckDB lets one process write: close the other one.",
  }),
  DUCKDB_FAILED: errorSpec({
    domain: "external",
    retry: "never",
    exitCode: 1,
    message: (p) => `DuckDB: ${p.problem}.`,
    hint: "See DuckDB's own text.",
  }),
};
