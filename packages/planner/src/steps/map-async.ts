import type { MapAsyncSpec } from "@millrace/plan";
import { describeAsyncCalls } from "./describe-async-calls.ts";
import { describeOnError } from "./describe-on-error.ts";
import type { Step } from "./step.ts";

/** Makes a row of each by an async function, which sees whole rows. */
export const mapAsyncStep: Step<"mapAsync"> = {
  describe: describeMapAsync,
  // A dead letter names the record.
  needsLineage: () => true,
  spec: ({ id, functionId, calls, onError }) => ({
    kind: "mapAsync",
    functionId,
    step: id,
    calls,
    ...(onError === undefined ? {} : { onError }),
  }),
};

/** Such a step in words: `map by async function mapAsync-1, 16 at once, in order`. */
export function describeMapAsync(spec: Omit<MapAsyncSpec, "kind" | "step">): string {
  const { functionId, calls, onError } = spec;
  return `map by async function ${functionId}${describeAsyncCalls(calls)}${describeOnError(onError)}`;
}
