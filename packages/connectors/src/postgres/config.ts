import { findField, type Json, millraceError, type RowSchema } from "@millrace/core";
import { withPassword } from "./passwords.ts";

/** Checked options of the sink. */
export interface PostgresSinkConfig {
  readonly url: string;
  /** Host, port and database, for messages. */
  readonly server: string;
  readonly schema: string;
  readonly table: string;
  readonly whenFresh: "replace" | "append";
  readonly key: readonly string[] | undefined;
  readonly connections: number;
  readonly timeoutMs: number;
}

/** @throws MillraceError `CONNECTOR_CONFIG_INVALID` */
export function readSinkConfig(options: Json, rows: RowSchema): PostgresSinkConfig {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw invalid("options must be an object");
  }
  const members = options as { readonly [name: string]: Json };
  const { whenFresh, key, connections, timeoutMs } = members;
  if (whenFresh !== "replace" && whenFresh !== "append") {
    throw invalid(`whenFresh must be "replace" or "append"`);
  }
  if (key !== undefined) checkKey(key, rows);
  if (typeof connections !== "number" || typeof timeoutMs !== "number") {
    throw invalid("connections and timeoutMs must be numbers");
  }
  const url = withPassword(readText(members, "url"));
  return {
    url,
    server: serverOf(url),
    schema: readText(members, "schema"),
    table: readText(members, "table"),
    whenFresh,
    key: key as readonly string[] | undefined,
    connections,
    timeoutMs,
  };
}

function checkKey(key: Json, rows: RowSchema): void {
  if (!Array.isArray(key) || key.length === 0) throw invalid("key must be a list of columns");
  const stranger = key.find((name) => findField(rows, String(name)) === undefined);
  if (stranger === undefined) return;
  throw invalid(`key names the column "${String(stranger)}", which the rows do not have`);
}

function readText(members: { readonly [name: string]: Json }, name: string): string {
  const value = members[name];
  if (typeof value !== "string" || value === "") throw invalid(`${name} must be a text`);
  return value;
}

function serverOf(url: string): string {
  if (!URL.canParse(url)) throw invalid("url is no URL");
  const { hostname, port, pathname } = new URL(url);
  return `${hostname}:${port === "" ? "5432" : port}${pathname}`;
}

function invalid(problem: string): Error {
  return millraceError("CONNECTOR_CONFIG_INVALID", { connector: "postgres", problem });
}
