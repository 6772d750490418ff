import { formatDuration } from "@millrace/core";
import { columnsOf, type LookupSpec } from "@millrace/plan";
import { describeAsyncCalls } from "./describe-async-calls.ts";
import { describeColumns } from "./describe-columns.ts";
import { describeOnError } from "./describe-on-error.ts";
import { mapNamed } from "./map-named.ts";
import type { Step } from "./step.ts";

/** Adds what an async function finds for a key. */
export const lookupStep: Step<"lookup"> = {
  describe: describeFetch,
  // A dead letter names the record.
  needsLineage: () => true,
  columnsRead({ by, found }, { wanted }) {
    const foundNames = new Set(found.fields.map(({ name }) => name));
    const passed = [...wanted].filter((name) => !foundNames.has(name));
    return [...passed, ...by.flatMap(({ expression }) => [...columnsOf(expression)])];
  },
  prune(node, pruning) {
    const input = pruning.pruned(node.inputs[0]);
    if (input === undefined) return node;
    const { fields } = node.schema;
    const added = fields.slice(fields.length - node.found.fields.length);
    return { ...node, schema: { fields: [...input.schema.fields, ...added] } };
  },
  mapExpressions: (node, change) => ({ ...node, by: mapNamed(node.by, change) }),
  spec: ({ id, by, found, joinKind, functionId, calls, cache, onError }) => ({
    kind: "lookup",
    by,
    found,
    joinKind,
    functionId,
    step: id,
    calls,
    ...(cache === undefined ? {} : { cache }),
    ...(onError === undefined ? {} : { onError }),
  }),
};

/** A lookup in words: `left lookup by id = user by async function lookup-1, 16 at once, …`. */
export function describeFetch(spec: Omit<LookupSpec, "kind" | "step">): string {
  const { by, joinKind, functionId, calls, cache, onError } = spec;
  const missing = cache?.keepsMissing === true ? ", missing ones too" : "";
  const kept =
    cache === undefined
      ? ""
      : `, ${cache.rowsMax} keys kept for ${formatDuration(cache.ttlMs)}${missing}`;
  const what = `${joinKind} lookup by ${describeColumns(by)} by async function ${functionId}`;
  return `${what}${describeAsyncCalls(calls)}${kept}${describeOnError(onError)}`;
}
