import { isMillraceError, type MillraceError, millraceError } from "@millrace/core";

/** What an error is about. */
export interface ErrorPlace {
  /** Host, port and database. */
  readonly server: string;
  readonly table: string;
}

interface PostgresError {
  readonly message: string;
  /** SQLSTATE, or the code of a network error. */
  readonly code: string;
  readonly constraint: string | undefined;
}

/** The connection is over; the server ends it, or is not ready for one. */
const lost = /^(08|57P0[1235]|25006)/;
/** It may work later: deadlock, lock not available, out of memory, disk or connections. */
const busy = /^(40|53|55P03|55006|57014|25P0[34])/;
const loginRefused = /^(28|3D000)/;
/** What has no SQLSTATE: codes of the network, and texts of the driver. */
const networkCode = /^(E[A-Z]+|EAI_AGAIN|ERR_STREAM_DESTROYED)$/;
const lostText = /connection (terminated|ended|error)|timeout expired|not queryable/i;
const passwordText = /^SASL|password/i;

/** Translates what the driver threw. Ours pass unchanged. */
export function mapPostgresError(error: unknown, { server, table }: ErrorPlace): MillraceError {
  if (isMillraceError(error)) return error;
  const { code, message, constraint } = readError(error);
  const problem = message.split("\n", 1)[0]?.replace(/\.$/, "") ?? code;
  const options = { cause: error };
  if (isSqlState(code) ? lost.test(code) : networkCode.test(code) || lostText.test(message)) {
    return millraceError("POSTGRES_UNREACHABLE", { server, problem }, options);
  }
  if (busy.test(code)) return millraceError("POSTGRES_BUSY", { server, problem }, options);
  if (loginRefused.test(code) || (code === "" && passwordText.test(message))) {
    return millraceError("POSTGRES_LOGIN_REFUSED", { server, problem }, options);
  }
  if (code === "42501") {
    return millraceError("POSTGRES_PERMISSION_DENIED", { server, problem }, options);
  }
  if (code.startsWith("23")) {
    const named = constraint === undefined ? problem : `${problem} (${constraint})`;
    return millraceError("POSTGRES_CONSTRAINT_VIOLATED", { table, problem: named }, options);
  }
  if (code.startsWith("22")) {
    return millraceError("POSTGRES_VALUE_REFUSED", { table, problem }, options);
  }
  return millraceError("POSTGRES_FAILED", { server, problem }, options);
}

function isSqlState(code: string): boolean {
  return /^[0-9A-Z]{5}$/.test(code) && code !== "EPIPE";
}

function readError(error: unknown): PostgresError {
  // A host with several addresses fails with the errors of all of them.
  const first = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
  const { code, constraint } = Object(first) as { code?: unknown; constraint?: unknown };
  return {
    message: first instanceof Error ? first.message : String(first),
    code: typeof code === "string" ? code : "",
    constraint: typeof constraint === "string" ? constraint : undefined,
  };
}
