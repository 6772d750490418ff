import type { Stage } from "@millrace/plan";

/**
 * Which stages' rows can meet, over any way: only their sources are compared in event time.
 *
 * @returns by stage id, a name that connected stages share
 */
export function connectedStages(stages: readonly Stage[]): Map<string, string> {
  const groups = new Map(stages.map((stage) => [stage.id, stage.id]));
  const writers = new Map<string, string>();
  for (const stage of stages) {
    for (const output of stage.outputs) writers.set(output.topic, stage.id);
  }
  for (const stage of stages) {
    for (const input of stage.inputs) {
      const writer = input.kind === "shuffle" ? writers.get(input.topic) : undefined;
      if (writer !== undefined) join(groups, stage.id, writer);
    }
  }
  return groups;
}

function join(groups: Map<string, string>, left: string, right: string): void {
  const [kept, replaced] = [groups.get(left), groups.get(right)];
  for (const [id, group] of groups) if (group === replaced) groups.set(id, kept ?? group);
}
