import { findField, limits, quote, type RowSchema } from "@millrace/core";
import type { LookupNode, NamedExpression, UserFunction } from "@millrace/plan";
import { reportProblem } from "../expression/scope.ts";
import { asyncCallSpec, checkWhole } from "./async-options.ts";
import type { AsyncOptions, LookupCacheOptions } from "./async-types.ts";
import { failureOptions } from "./function-options.ts";
import { checkFunction } from "./row-functions.ts";
import { checkDuplicates, columnsFrom, type RowCallback } from "./step-columns.ts";
import type { StepInput } from "./step-input.ts";

/** What `lookup` and `lookupMany` are given, as it is at run time. */
export interface LookupArguments extends AsyncOptions {
  readonly by: RowCallback;
  readonly found: RowSchema;
  readonly fetch: UserFunction;
  readonly kind?: "inner" | "left";
  readonly cache?: LookupCacheOptions;
  readonly keysPerCall?: number;
}

const ttlMaxMs = 365 * 86_400_000;

/** The node of a lookup; its function goes into the draft. What is wrong is reported. */
export function lookupNode(
  step: "lookup" | "lookupMany",
  { draft, node }: StepInput,
  options: LookupArguments,
): LookupNode {
  const { found, fetch, kind = "inner", cache, keysPerCall } = options;
  checkFunction(step, fetch);
  if (kind !== "inner" && kind !== "left") refuse(`${step}: kind must be inner or left`);
  if (step === "lookupMany") {
    const name = "keysPerCall";
    checkWhole(step, name, keysPerCall ?? 0, [1, limits.asyncBatchRowsMax]);
  }
  const id = draft.deriveId(step);
  draft.functions.set(id, fetch);
  checkDuplicates(step, found.fields);
  for (const { name } of found.fields) {
    if (findField(node.schema, name) === undefined) continue;
    refuse(`${step}: the row has a column ${name} already; rename it, or what is found`);
  }
  const added = found.fields.map(({ name, type }) => ({
    name,
    type: { ...type, nullable: type.nullable || kind === "left" },
  }));
  const calls = asyncCallSpec(step, options);
  return {
    inputs: [node.id],
    schema: { fields: [...node.schema.fields, ...added] },
    keys: node.keys,
    id,
    kind: "lookup",
    by: keyOf(step, node.schema, options.by),
    found,
    joinKind: kind,
    functionId: id,
    calls: keysPerCall === undefined ? calls : { ...calls, rowsPerCall: keysPerCall },
    ...(cache === undefined ? {} : { cache: cacheOf(step, cache) }),
    ...failureOptions(step, options),
  };
}

function refuse(problem: string): void {
  reportProblem("PLAN_ARGUMENT_INVALID", { problem });
}

/** Parts of a key must tell keys apart by their text. */
function keyOf(step: string, schema: RowSchema, by: RowCallback): NamedExpression[] {
  const key = columnsFrom(step, schema, by);
  for (const { name, expression } of key) {
    const { kind } = expression.type;
    const isNested = kind === "list" || kind === "row" || kind === "map";
    if (!isNested && kind !== "binary" && kind !== "decimal" && kind !== "json") continue;
    refuse(`${step}: ${quote(name)} must be a plain value to look up by`);
  }
  return key;
}

function cacheOf(step: string, cache: LookupCacheOptions): NonNullable<LookupNode["cache"]> {
  const { rowsMax, ttl, keepMissing = false } = cache;
  checkWhole(step, "cache.rowsMax", rowsMax, [1, limits.lookupRowsMax]);
  checkWhole(step, "cache.ttl in milliseconds", ttl, [1, ttlMaxMs]);
  return { rowsMax, ttlMs: ttl, keepsMissing: keepMissing };
}
