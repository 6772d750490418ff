import { millraceError } from "@millrace/core";
import type * as MongoDb from "mongodb";

/** The optional package, loaded. */
export type MongodbDriver = typeof MongoDb;

let loaded: Promise<MongodbDriver> | undefined;

/**
 * Loads the driver, once per process.
 *
 * @throws MillraceError `CONNECTOR_DRIVER_MISSING` when the package is not installed
 */
export async function loadDriver(): Promise<MongodbDriver> {
  loaded ??= import("mongodb").catch((cause: unknown) => {
    const missing = { connector: "mongodb", package: "mongodb" };
    throw millraceError("CONNECTOR_DRIVER_MISSING", missing, { cause });
  });
  return await loaded;
}
