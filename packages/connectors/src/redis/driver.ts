import { millraceError } from "@millrace/core";
import type * as IoRedis from "ioredis";

let loaded: Promise<typeof IoRedis> | undefined;

/**
 * Loads the driver, once per process.
 *
 * @throws MillraceError `CONNECTOR_DRIVER_MISSING` when the package is not installed
 */
export async function loadDriver(): Promise<typeof IoRedis> {
  loaded ??= import("ioredis").catch((cause: unknown) => {
    const missing = { connector: "redis", package: "ioredis" };
    throw millraceError("CONNECTOR_DRIVER_MISSING", missing, { cause });
  });
  return await loaded;
}
