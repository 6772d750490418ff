import { formatDuration, type RowSchema, formatDataType } from "@millrace/core";
import {
  formatEmit,
  formatExpression,
  formatFrame,
  formatPattern,
  formatWindow,
  type LogicalPlanData,
  type PhysicalPlan,
  type StageInput,
  type StageOperator,
  type StageOutput,
  type StagePort,
} from "@millrace/plan";
import { describeColumns } from "../steps/describe-columns.ts";
import { stepFor } from "../steps/steps.ts";
import {
  describeAsOfJoin,
  describeIntervalJoin,
  describeJoin,
  describeLookup,
  describeWindowJoin,
} from "../steps/describe-join.ts";
import { describeSkipping } from "../steps/describe-skipping.ts";
import { describeGapFill, describeInterpolate, describeResample } from "../steps/describe-grid.ts";
import { describeOnError } from "../steps/describe-on-error.ts";
import { describeFetch } from "../steps/lookup.ts";
import { describeMapAsync } from "../steps/map-async.ts";
import { describeProcess } from "../steps/process.ts";
import { describeTopRows } from "../steps/top-rows.ts";

/** The logical plan as text: one node a line, with its inputs, what it does and its columns. */
export function explainLogical(plan: LogicalPlanData): string {
  const lines = plan.nodes.map((node) => {
    const inputs = node.inputs.length === 0 ? "" : ` ← ${node.inputs.join(", ")}`;
    const keys = node.keys.length === 0 ? "" : ` keyed by ${node.keys.join(", ")}`;
    return `${node.id}${inputs}\n    ${stepFor(node).describe(node)}${keys}\n    → ${describeSchema(node.schema)}`;
  });
  return [`pipeline ${plan.name}`, ...lines].join("\n");
}

/**
 * The physical plan as text: stages, their inputs, operators (vectorised or row by row) and
 * outputs.
 */
export function explainPhysical(plan: PhysicalPlan): string {
  const head = `pipeline ${plan.pipeline}: ${plan.stages.length} stage${
    plan.stages.length === 1 ? "" : "s"
  } × ${plan.partitions} partition${plan.partitions === 1 ? "" : "s"}`;
  const stages = plan.stages.map((stage) => {
    const inputs = stage.inputs.map((input) => `  read ${describeInput(input)}`);
    const operators = stage.operators.map(
      (operator) => `  ${operator.id} ← ${operator.inputs.map(portName(stage)).join(", ")}
      ${describeOperator(operator)} (${operator.order}, ${executionOf(operator)})`,
    );
    const outputs = stage.outputs.map(
      (output) => `  ${describeOutput(output, portName(stage)(output.from))}`,
    );
    return [stage.id, ...inputs, ...operators, ...outputs].join("\n");
  });
  return [head, ...stages].join("\n");
}

function portName(stage: {
  readonly inputs: readonly StageInput[];
  readonly operators: readonly StageOperator[];
}): (port: StagePort) => string {
  return (port) => {
    if (port.from === "operator") {
      const id = stage.operators[port.index]?.id ?? "?";
      if (port.output === "main") return id;
      return `${id}.${port.output === "late" ? "late" : port.output.side}`;
    }
    const input = stage.inputs[port.index];
    return input?.kind === "source" ? input.sourceId : (input?.topic ?? "?");
  };
}

function describeInput(input: StageInput): string {
  if (input.kind === "shuffle") return input.topic;
  const columns = input.columns.map((column) => column.name).join(", ");
  const time =
    input.eventTime === undefined ? "" : `, event time ${formatExpression(input.eventTime)}`;
  return `${input.sourceId}: ${input.connector} columns ${columns}${time}${describeSkipping(input.skipping)}`;
}

function describeOutput(output: StageOutput, from: string): string {
  if (output.kind === "sink") {
    return `sink ${output.sinkId} ← ${from}: ${output.connector}, ${output.guarantee}`;
  }
  const by = output.keys.join(", ") || "partition";
  if (output.kind === "topic") {
    return `sink ${output.sinkId} ← ${from} by ${by}: topic ${output.topic}, ${output.guarantee}`;
  }
  return output.isBroadcast === true
    ? `broadcast ← ${from} to ${output.topic}`
    : `shuffle ← ${from} by ${by} to ${output.topic}`;
}

const rowByRow: readonly string[] = ["rowFunction", "process", "mapAsync", "lookup"];

/** Whether rows become objects on the way through an operator. */
function executionOf(operator: StageOperator): string {
  const { kind } = operator.spec;
  return rowByRow.includes(kind) ? "row by row" : "vectorised";
}

/** What an operator does, in one line. */
export function describeOperator(operator: StageOperator): string {
  const { spec } = operator;
  switch (spec.kind) {
    case "filterProject": {
      const where =
        spec.predicate === undefined ? [] : [`where ${formatExpression(spec.predicate)}`];
      const select = spec.columns === undefined ? [] : [`select ${describeColumns(spec.columns)}`];
      return [...where, ...select].join("; ");
    }
    case "rowFunction":
      return `${spec.mode} by function ${spec.functionId}${describeOnError(spec.onError)}`;
    case "mapAsync":
      return describeMapAsync(spec);
    case "lookup":
      return describeFetch(spec);
    case "windowAggregate":
      return `${formatWindow(spec.window)}${formatEmit(spec.emit)} by ${spec.keys.join(", ")}: ${spec.calls.map((call) => call.function).join(", ")}`;
    case "preAggregate":
      return `put together ${formatWindow(spec.window)} by ${spec.keys.join(", ")}: ${spec.columns.map(({ call }) => call.function).join(", ")}`;
    case "over":
      return `over ${formatFrame(spec.frame)} by ${spec.keys.join(", ")}: ${spec.calls.map((call) => call.function).join(", ")}`;
    case "resample":
      return `${describeResample(spec)} by ${spec.keys.join(", ")}`;
    case "gapFill":
      return `${describeGapFill(spec)} by ${spec.keys.join(", ")}`;
    case "interpolate":
      return `${describeInterpolate(spec)} by ${spec.keys.join(", ")}`;
    case "deduplicate":
      return `first by ${spec.keys.join(", ")} within ${formatDuration(spec.withinMs)}`;
    case "intervalJoin":
      return `${describeIntervalJoin(spec)} by ${spec.joinKeys.join(", ")}; select ${describeColumns(spec.columns)}`;
    case "join":
      return `${describeJoin(spec)} by ${spec.joinKeys.join(", ")}; select ${describeColumns(spec.columns)}`;
    case "windowJoin":
      return `${describeWindowJoin(spec)} by ${spec.joinKeys.join(", ")}; select ${describeColumns(spec.columns)}`;
    case "asOfJoin":
      return `${describeAsOfJoin(spec)} by ${spec.joinKeys.join(", ")}; select ${describeColumns(spec.columns)}`;
    case "runningAggregate":
      return `aggregate by ${spec.keys.join(", ")}: ${spec.calls.map((call) => call.function).join(", ")}, ${spec.emit}`;
    case "topRows":
      return `${describeTopRows(spec)} for each ${spec.keys.join(", ")}`;
    case "changes":
      return "changes";
    case "lookupTable":
      return `${describeLookup(spec)}; select ${describeColumns(spec.columns)}`;
    case "detect":
      return `detect ${spec.value} by ${spec.keys.join(", ")} with ${spec.detector.kind}`;
    case "forecast":
      return `forecast ${spec.value} by ${spec.keys.join(", ")} with ${spec.model.kind}, ${formatDuration(spec.horizonMs)} every ${formatDuration(spec.everyMs)}`;
    case "process":
      return `${describeProcess(spec)} by ${spec.keys.join(", ")}`;
    case "pattern":
      return `${formatPattern(spec)}, by ${spec.keys.join(", ")}; select ${describeColumns(spec.columns)}`;
    case "retime":
      return `event time ${formatExpression(spec.time)} within ${formatDuration(spec.outOfOrdernessMs)}`;
    case "sample":
      return `sample ${spec.fraction} by ${spec.columns.join(", ")}`;
    case "union":
      return "union";
  }
}

function describeSchema(schema: RowSchema): string {
  return schema.fields.map((field) => `${field.name}: ${formatDataType(field.type)}`).join(", ");
}
