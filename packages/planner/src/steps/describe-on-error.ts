import type { OnError } from "@millrace/plan";

/** What becomes of failed rows, where it is not the usual dead letter: `, on error skip`. */
export function describeOnError(onError: OnError | undefined): string {
  return onError === undefined || onError === "deadLetter" ? "" : `, on error ${onError}`;
}
