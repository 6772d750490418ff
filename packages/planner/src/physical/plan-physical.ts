import { createHash } from "node:crypto";
import type { LogicalNode, LogicalPlanData, PhysicalPlan, Stage } from "@millrace/plan";
import { cutStages, type Cut } from "./cut-stages.ts";
import { needsLineage } from "./lineage.ts";
import { StageBuilder } from "./stage-builder.ts";

/** Turns an optimized logical plan into stages, operators and edges. */
export function planPhysical(plan: LogicalPlanData, partitions: number): PhysicalPlan {
  const { stages, cuts } = cutStages(plan, partitions);
  const context = { plan, cuts, topics: topicNames(plan, cuts), lineage: needsLineage(plan) };
  const built = stages.map((stage) => new StageBuilder(stage, context).build());
  return {
    pipeline: plan.name,
    fingerprint: fingerprintOf(built, partitions),
    partitions,
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

/** What saved state depends on: the stages as data, without what only concerns texts. */
function fingerprintOf(stages: readonly Stage[], partitions: number): string {
  const text = JSON.stringify({ partitions, stages });
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
