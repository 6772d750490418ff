import type { Json } from "@millrace/core";
import type { SharedLog } from "../open-storage.ts";

/** What a thread is started with: plain data. */
export interface ThreadData {
  /** Tells a thread of Millrace from others, also of another copy of the package. */
  readonly millraceThread: true;
  /** URL of the file that exports the pipeline. */
  readonly module: string;
  readonly partitions: number;
  readonly parameters: Readonly<Record<string, Json>>;
  readonly log: SharedLog;
}

/** Whether a thread was started with it. */
export function isThreadData(value: unknown): value is ThreadData {
  return typeof value === "object" && value !== null && "millraceThread" in value;
}
