import { isMillraceError, type MillraceError, millraceError } from "@millrace/core";

/** The first word of a server's error, by what it says of the server. */
const busy =
  /^(LOADING|BUSY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|READONLY|OOM|MISCONF|NOREPLICAS|UNBLOCKED)\b/;
const denied = /^(NOAUTH|WRONGPASS|NOPERM|ERR (AUTH|invalid password|Client sent AUTH))\b/;
const wrongType = /\bWRONGTYPE\b/;

/** Translates what the driver threw while it worked with the server at `place`. */
export function mapRedisError(error: unknown, place: string): MillraceError {
  if (isMillraceError(error)) return error;
  const text = error instanceof Error ? error.message : String(error);
  const problem = firstLine(text);
  const store = "Redis";
  if (!isReply(error)) {
    return millraceError("STORE_UNREACHABLE", { store, place, problem }, { cause: error });
  }
  if (denied.test(text)) {
    return millraceError("STORE_ACCESS_DENIED", { store, place, problem }, { cause: error });
  }
  if (wrongType.test(text)) {
    const table = "a key of the sink";
    const what = "a value of another type is there";
    return millraceError("SINK_TABLE_MISMATCH", { table, problem: what }, { cause: error });
  }
  const code = busy.test(text) ? "STORE_BUSY" : "STORE_FAILED";
  return millraceError(code, { store, problem }, { cause: error });
}

/** Whether the server has answered; if not, the connection failed. */
function isReply(error: unknown): error is Error {
  return error instanceof Error && error.name === "ReplyError";
}

/** Whether the server does not know a script by its hash: it was restarted, or is another one. */
export function isScriptMissing(error: unknown): boolean {
  return isReply(error) && error.message.startsWith("NOSCRIPT");
}

function firstLine(text: string): string {
  return (text.split("\n", 1)[0] as string).replace(/\.$/, "");
}
