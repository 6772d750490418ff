import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type * as services from "../../../dev/services/services.mjs";

/** Starts a store's server that ends with this process. */
export async function ownStore(
  ...args: Parameters<typeof services.ownStore>
): Promise<services.OwnStore> {
  // Not bundled with the benchmark: it starts scripts that lie beside it.
  const { href } = pathToFileURL(resolve("dev/services/services.mjs"));
  const loaded = (await import(href)) as typeof services;
  return await loaded.ownStore(...args);
}
