import { assertUserInput, type Json, millraceError } from "@millrace/core";

/**
 * Where a store is: its address, or the variable of the environment that holds it. A password goes
 * into a variable, so that no plan and no state holds it.
 */
export type StoreUrl = string | { readonly variable: string };

/** How long a store may take to answer before a write is given up. */
export const timeoutDefaultMs = 60_000;

const withPassword = /^[^/]*\/\/[^/@]*:[^/@]*@/;

/** @throws MillraceError `PLAN_ARGUMENT_INVALID` */
export function checkStoreUrl(step: string, url: StoreUrl, protocols: readonly string[]): void {
  if (typeof url === "object") {
    assertUserInput(url.variable !== "", `${step}: url must name a variable`);
    return;
  }
  const isKnown = protocols.some((protocol) => url.startsWith(`${protocol}://`));
  assertUserInput(isKnown, `${step}: url must begin with ${protocols.join(":// or ")}://`);
  assertUserInput(
    !withPassword.test(url),
    `${step}: url holds a password: give url: { variable }, the variable of the environment with it`,
  );
}

/**
 * The address itself.
 *
 * @throws MillraceError `CONNECTOR_CONFIG_INVALID` when the variable is not set
 */
export function readStoreUrl(connector: string, option: Json | undefined): string {
  if (typeof option === "string" && option !== "") return option;
  const variable = (option as { readonly variable?: Json } | null | undefined)?.variable;
  if (typeof variable !== "string") throw invalid(connector, "url must be an address");
  const value = process.env[variable];
  if (value !== undefined && value !== "") return value;
  throw invalid(connector, `the variable ${variable} of the environment is not set`);
}

/** @throws MillraceError `PLAN_ARGUMENT_INVALID` */
export function checkTimeout(step: string, timeoutMs: number | undefined): void {
  const isTimeout = timeoutMs === undefined || (Number.isSafeInteger(timeoutMs) && timeoutMs > 0);
  assertUserInput(isTimeout, `${step}: timeoutMs must be a whole number above 0`);
}

/** Hosts and ports of an address, without user, password and what stands after them. */
export function hostsOf(url: string): string {
  return /^[^/]*\/\/(?:[^/@]*@)?([^/?]*)/.exec(url)?.[1] ?? "";
}

function invalid(connector: string, problem: string): Error {
  return millraceError("CONNECTOR_CONFIG_INVALID", { connector, problem });
}
