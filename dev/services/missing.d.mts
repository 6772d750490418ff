import type { ServiceName } from "./services.mjs";

/**
 * What a machine lacks to run a service, as a sentence; undefined when it lacks nothing. Whether
 * the Maven repository can be reached is not asked.
 */
export function missingFor(
  service: ServiceName,
  env?: Record<string, string | undefined>,
): string | undefined;

/** Where servers are installed. */
export function servicesHome(env: Record<string, string | undefined>): string;
