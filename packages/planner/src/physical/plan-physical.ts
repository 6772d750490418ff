import { createHash } from "node:crypto";
import type { Json } from "@millrace/core";
import {
  isAsyncSpec,
  type LogicalNode,
  type LogicalPlanData,
  type PhysicalPlan,
  type Stage,
  type StageInput,
  type StageOperator,
} from "@millrace/plan";
import { cutStages, type Cut } from "./cut-stages.ts";
import { tableSources } from "./cut-tables.ts";
import { needsLineage } from "./lineage.ts";
import { StageBuilder } from "./stage-builder.ts";

/** How far source partitions may be apart in event time unless the pipeline says otherwise. */
const maxDriftDefaultMs = 24 * 3_600_000;

/** Turns an optimized logical plan into stages, operators and edges. */
export function planPhysical(plan: LogicalPlanData, partitions: number): PhysicalPlan {
  const { stages, cuts } = cutStages(plan, partitions);
  const context = {
    plan,
    cuts,
    topics: topicNames(plan, cuts),
    lineage: needsLineage(plan),
    tables: tableSources(plan),
  };
  const built = stages.map((stage) => new StageBuilder(stage, context).build());
  return {
    pipeline: plan.name,
    fingerprint: fingerprintOf(built, partitions),
    partitions,
    maxDriftMs: plan.maxDriftMs ?? maxDriftDefaultMs,
    stages: built,
  };
}

/** `<pipeline>.<key or id>.repartition`, one per cut stream; a number tells equal names apart. */
function topicNames(plan: LogicalPlanData, cuts: readonly Cut[]): Map<string, string> {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  const byId = new Map<string, LogicalNode>(plan.nodes.map((node) => [node.id, node]));
  for (const { from, keys } of cuts) {
    if (names.has(from)) continue;
    const base = keys.length > 0 ? `by-${keys.join("-")}` : `${byId.get(from)?.id ?? from}`;
    let name = base;
    for (let number = 2; taken.has(name); number += 1) name = `${base}-${number}`;
    taken.add(name);
    names.set(from, `${plan.name}.${name}.repartition`);
  }
  return names;
}

/**
 * What saved state depends on: the stages as data, without how long sources are waited for, what
 * they leave out, and how async functions are called.
 */
function fingerprintOf(stages: readonly Stage[], partitions: number): string {
  const text = JSON.stringify({
    partitions,
    stages: stages.map((stage) => ({
      ...stage,
      inputs: stage.inputs.map(withoutReading),
      operators: stage.operators.map(withoutCalls),
    })),
  });
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/** An input without what decides how it is read: that may be changed between two runs. */
function withoutReading(input: StageInput): Partial<StageInput> {
  if (input.kind === "shuffle") return input;
  const { idleness: _, futureLimitMs: _limit, skipping: _skipping, options, ...kept } = input;
  return { ...kept, options: withoutMember(options, "reading") };
}

/** Options without one of them: connectors put what no state depends on under its name. */
function withoutMember(options: Json, name: string): Json {
  if (typeof options !== "object" || options === null || Array.isArray(options)) return options;
  return Object.fromEntries(Object.entries(options).filter(([member]) => member !== name));
}

/** An operator without what decides how it calls async functions: no state depends on it. */
function withoutCalls({ spec, ...operator }: StageOperator): object {
  if (!isAsyncSpec(spec)) return { ...operator, spec };
  const { calls: _, ...kept } = spec;
  if (kept.kind === "mapAsync") return { ...operator, spec: kept };
  const { cache: _cache, ...found } = kept;
  return { ...operator, spec: found };
}
