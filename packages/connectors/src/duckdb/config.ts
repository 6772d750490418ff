import { resolve } from "node:path";
import { type Json, millraceError } from "@millrace/core";
import type { WhenFresh } from "./descriptor.ts";

/** Checked options of the sink; `path` is absolute. */
export interface DuckDbSinkConfig {
  readonly path: string;
  readonly table: string;
  readonly whenFresh: WhenFresh;
  readonly key: readonly string[] | undefined;
}

/** Checked options of the source; `path` is absolute, exactly one of `table` and `sql` is given. */
export interface DuckDbSourceConfig {
  readonly path: string;
  readonly table: string | undefined;
  readonly sql: string | undefined;
}

/** @throws MillraceError `CONNECTOR_CONFIG_INVALID` */
export function readSinkConfig(options: Json): DuckDbSinkConfig {
  const members = readMembers(options);
  const whenFresh = members["whenFresh"] ?? "replace";
  if (whenFresh !== "replace" && whenFresh !== "append") {
    throw invalid(`whenFresh must be "replace" or "append"`);
  }
  const key = members["key"];
  if (key !== undefined && !isListOfTexts(key)) throw invalid("key must be a list of columns");
  return {
    path: resolve(readText(members, "file")),
    table: readText(members, "table"),
    whenFresh,
    key,
  };
}

/** @throws MillraceError `CONNECTOR_CONFIG_INVALID` */
export function readSourceConfig(options: Json): DuckDbSourceConfig {
  const members = readMembers(options);
  const hasTable = members["table"] !== undefined;
  if (hasTable === (members["sql"] !== undefined)) throw invalid("give either table or sql");
  return {
    path: resolve(readText(members, "file")),
    table: hasTable ? readText(members, "table") : undefined,
    sql: hasTable ? undefined : readText(members, "sql"),
  };
}

function readMembers(options: Json): { readonly [name: string]: Json } {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw invalid("options must be an object");
  }
  return options as { readonly [name: string]: Json };
}

function readText(members: { readonly [name: string]: Json }, name: string): string {
  const value = members[name];
  if (typeof value !== "string" || value === "") throw invalid(`${name} must be a text`);
  return value;
}

function isListOfTexts(value: Json): value is readonly string[] {
  return Array.isArray(value) && value.length > 0 && value.every((v) => typeof v === "string");
}

function invalid(problem: string): Error {
  return millraceError("CONNECTOR_CONFIG_INVALID", { connector: "duckdb", problem });
}
