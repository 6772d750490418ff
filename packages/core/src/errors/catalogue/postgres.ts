import { errorSpec, type ErrorSpec, quote } from "../error-spec.ts";

/** Errors of PostgreSQL. `server` is host, port and database; never a password. */
export const postgresErrors: {
  POSTGRES_UNREACHABLE: ErrorSpec<{ server: string; problem: string }>;
  POSTGRES_BUSY: ErrorSpec<{ server: string; problem: string }>;
  POSTGRES_LOGIN_REFUSED: ErrorSpec<{ server: string; problem: string }>;
  POSTGRES_PERMISSION_DENIED: ErrorSpec<{ server: string; problem: string }>;
  POSTGRES_CONSTRAINT_VIOLATED: ErrorSpec<{ table: string; problem: string }>;
  POSTGRES_VALUE_REFUSED: ErrorSpec<{ table: string; problem: string }>;
  POSTGRES_FAILED: ErrorSpec<{ server: string; problem: string }>;
} = {
  POSTGRES_UNREACHABLE: errorSpec({
    domain: "external",
    retry: "backoff",
    exitCode: 3,
    message: (p) => `PostgreSQL at ${p.server} cannot be reached: ${p.problem}.`,
    hint: "Check that the server runs, and the url's host and port. A running pipeline tries again.",
  }),
  POSTGRES_BUSY: errorSpec({
    domain: "external",
    retry: "backoff",
    exitCode: 1,
    message: (p) => `PostgreSQL at ${p.server} could not do it now: ${p.problem}.`,
    hint: "It lacks connections, disk or memory, or others hold locks. A running pipeline tries again.",
  }),
  POSTGRES_LOGIN_REFUSED: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 3,
    message: (p) => `PostgreSQL at ${p.server} refuses the login: ${p.problem}.`,
    hint: "Check user, password and database of the url, and the server's pg_hba.conf.",
  }),
  POSTGRES_PERMISSION_DENIED: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 3,
    message: (p) => `PostgreSQL at ${p.server} does not permit it: ${p.problem}.`,
    hint: "A sink reads and writes its table and millrace_tokens; it makes them where they are missing.",
  }),
  POSTGRES_CONSTRAINT_VIOLATED: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 1,
    message: (p) => `A row breaks a rule of the table ${quote(p.table)}: ${p.problem}.`,
    hint: "Filter such rows before the sink, or drop the constraint. Nothing of the write is kept.",
  }),
  POSTGRES_VALUE_REFUSED: errorSpec({
    domain: "user",
    retry: "never",
    exitCode: 1,
    message: (p) => `The table ${quote(p.table)} cannot hold a value: ${p.problem}.`,
    hint: "PostgreSQL has no text with U+0000 and no time before 4713 BC: map such values first.",
  }),
  POSTGRES_FAILED: errorSpec({
    domain: "external",
    retry: "never",
    exitCode: 1,
    message: (p) => `PostgreSQL at ${p.server}: ${p.problem}.`,
    hint: "See PostgreSQL's own text.",
  }),
};
