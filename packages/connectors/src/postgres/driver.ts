import { millraceError } from "@millrace/core";
import type { Client, ClientConfig } from "pg";
import type { CopyStreamQuery } from "pg-copy-streams";

/** The optional packages, loaded. */
export interface PostgresDriver {
  readonly Client: new (config: ClientConfig) => Client;
  readonly copyFrom: (sql: string) => CopyStreamQuery;
}

let loaded: Promise<PostgresDriver> | undefined;

/**
 * Loads the driver, once per process.
 *
 * @throws MillraceError `CONNECTOR_DRIVER_MISSING` when a package is not installed
 */
export async function loadDriver(): Promise<PostgresDriver> {
  loaded ??= load();
  return await loaded;
}

async function load(): Promise<PostgresDriver> {
  const { Client } = (await loadPackage("pg", () => import("pg"))).default;
  const { from } = await loadPackage("pg-copy-streams", () => import("pg-copy-streams"));
  return { Client, copyFrom: (sql) => from(sql) };
}

async function loadPackage<Module>(name: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    const params = { connector: "postgres", package: name };
    throw millraceError("CONNECTOR_DRIVER_MISSING", params, { cause });
  }
}
