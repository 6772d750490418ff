import { isMillraceError, type MillraceError, millraceError } from "@millrace/core";

/** Unauthorized, AuthenticationFailed, and what Atlas says instead. */
const deniedCodes = new Set([13, 18, 8000]);
/** Document validation, duplicate key, document too large, too deep. */
const refusedCodes = new Set([121, 11_000, 11_001, 10_334, 17_419, 15]);
/**
 * Shutdown, election, no primary, out of disk, write conflict, no such transaction, lock timeout.
 */
const busyCodes = new Set([
  24, 46, 91, 112, 189, 225, 244, 246, 251, 10_107, 11_600, 11_602, 13_435, 13_436, 14_031,
]);
const network =
  /^Mongo(Network|NetworkTimeout|ServerSelection|TopologyClosed|PoolCleared|PoolClosed|ServerClosed|NotConnected|Runtime)\w*Error$|^Pool(Cleared|Closed)/;

interface DriverError extends Error {
  readonly code?: number | string;
  readonly errorResponse?: unknown;
  hasErrorLabel?(label: string): boolean;
}

/** Translates what the driver threw while it worked on a collection of the server at `place`. */
export function mapMongodbError(error: unknown, place: string, collection: string): MillraceError {
  if (isMillraceError(error)) return error;
  const driverError = innermost(error);
  const { name, code } = driverError;
  const store = "MongoDB";
  const problem = firstLine(driverError.message);
  const options = { cause: error };
  const isUnknown = driverError.hasErrorLabel?.("UnknownTransactionCommitResult") === true;
  if (network.test(name) || isUnknown) {
    return millraceError("STORE_UNREACHABLE", { store, place, problem }, options);
  }
  if (typeof code === "number" && deniedCodes.has(code)) {
    return millraceError("STORE_ACCESS_DENIED", { store, place, problem }, options);
  }
  const isRefused = name.startsWith("BSON") || (typeof code === "number" && refusedCodes.has(code));
  if (isRefused) {
    return millraceError("STORE_ROW_REFUSED", { store, table: collection, problem }, options);
  }
  if ((typeof code === "number" && busyCodes.has(code)) || passes(driverError)) {
    return millraceError("STORE_BUSY", { store, problem }, options);
  }
  return millraceError("STORE_FAILED", { store, problem }, options);
}

/** A bulk write wraps what befell its connection. */
function innermost(error: unknown): DriverError {
  const driverError = (error instanceof Error ? error : new Error(String(error))) as DriverError;
  const inner = driverError.errorResponse;
  return inner instanceof Error && driverError.code === undefined ? innermost(inner) : driverError;
}

function passes(error: DriverError): boolean {
  const labels = ["TransientTransactionError", "RetryableWriteError"];
  return labels.some((label) => error.hasErrorLabel?.(label) === true);
}

function firstLine(text: string): string {
  return (text.split("\n", 1)[0] as string).replace(/\.$/, "");
}
