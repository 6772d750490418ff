import type { PhysicalPlan, Stage, StagePort } from "@millrace/plan";
import { describeOperator } from "./explain-text.ts";

/** The physical plan as a Mermaid flowchart: a box per operator, a frame per stage. */
export function explainMermaid(plan: PhysicalPlan): string {
  const lines = ["flowchart LR"];
  const topics = new Map<string, string>();
  plan.stages.forEach((stage, index) => lines.push(...stageLines(stage, index, topics)));
  return lines.join("\n");
}

function stageLines(stage: Stage, stageIndex: number, topics: Map<string, string>): string[] {
  const name = (port: StagePort): string =>
    port.from === "input" ? `s${stageIndex}i${port.index}` : `s${stageIndex}o${port.index}`;
  const inside: string[] = [];
  const edges: string[] = [];
  stage.inputs.forEach((input, index) => {
    if (input.kind === "source") {
      inside.push(`s${stageIndex}i${index}[(${label(input.sourceId)})]`);
    } else {
      inside.push(`s${stageIndex}i${index}[/${label(input.topic)}/]`);
      edges.push(`${topicName(topics, input.topic)} --> s${stageIndex}i${index}`);
    }
  });
  stage.operators.forEach((operator, index) => {
    const text = `${operator.id}<br/>${describeOperator(operator)}`;
    inside.push(`s${stageIndex}o${index}[${label(text)}]`);
    for (const port of operator.inputs) edges.push(`${name(port)} --> s${stageIndex}o${index}`);
  });
  stage.outputs.forEach((output, index) => {
    const isSink = output.kind !== "shuffle";
    const target = isSink ? `s${stageIndex}k${index}` : topicName(topics, output.topic);
    if (isSink) inside.push(`${target}[(${label(output.sinkId)})]`);
    else edges.push(`${target}{{${label(output.topic)}}}`);
    edges.push(`${name(output.from)} --> ${target}`);
  });
  return [
    `  subgraph ${stage.id.replaceAll(/[^\w]/g, "_")}[${label(stage.id)}]`,
    ...inside.map((line) => `    ${line}`),
    "  end",
    ...edges.map((line) => `  ${line}`),
  ];
}

function topicName(topics: Map<string, string>, topic: string): string {
  const known = topics.get(topic);
  if (known !== undefined) return known;
  const name = `t${topics.size}`;
  topics.set(topic, name);
  return name;
}

/** Quoted, with what Mermaid would read as markup replaced. */
function label(text: string): string {
  return `"${text.replaceAll('"', "#quot;")}"`;
}
