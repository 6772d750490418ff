import { type DataType, type Json, type MillraceError, millraceError } from "@millrace/core";
import {
  type Expression,
  type LogicalPlanData,
  type ParameterSpec,
  rewriteExpression,
} from "@millrace/plan";
import { stepFor } from "../steps/steps.ts";

/** Values of a run's parameters: plain data, or text as it comes from a flag or the environment. */
export type ParameterValues = Readonly<Record<string, Json>>;

/**
 * Puts the run's values in place of parameters, so that later rules see literals.
 *
 * @returns the plan, and what is wrong with the values
 */
export function replaceParameters(
  plan: LogicalPlanData,
  values: ParameterValues,
): { plan: LogicalPlanData; problems: MillraceError[] } {
  const problems: MillraceError[] = [];
  const literals = new Map<string, Json>();
  for (const parameter of plan.parameters) {
    const value = values[parameter.name] ?? parameter.default;
    if (value === undefined) {
      problems.push(millraceError("PLAN_PARAMETER_MISSING", { name: parameter.name }));
      continue;
    }
    const parsed = parseParameter(parameter, value);
    if (parsed instanceof Error) problems.push(parsed);
    else literals.set(parameter.name, parsed);
  }
  for (const name of Object.keys(values)) {
    if (!plan.parameters.some((parameter) => parameter.name === name)) {
      problems.push(
        millraceError("PLAN_PARAMETER_INVALID", {
          name,
          value: textOf(values[name] ?? null),
          expected: `one of the pipeline's (${plan.parameters.map((p) => p.name).join(", ") || "it has none"})`,
        }),
      );
    }
  }
  if (problems.length > 0) return { plan, problems };
  const replace = (expression: Expression): Expression =>
    rewriteExpression(expression, (node) =>
      node.kind === "parameter"
        ? { kind: "literal", value: literals.get(node.name) ?? null, type: node.type }
        : node,
    );
  const nodes = plan.nodes.map((node) => stepFor(node).mapExpressions?.(node, replace) ?? node);
  return { plan: { ...plan, nodes }, problems };
}

function parseParameter(parameter: ParameterSpec, value: Json): Json | MillraceError {
  const parsed = typeof value === "string" ? parseText(parameter.type, value) : value;
  if (parsed !== undefined && fits(parameter.type, parsed)) return parsed;
  return millraceError("PLAN_PARAMETER_INVALID", {
    name: parameter.name,
    value: textOf(value),
    expected: parameter.type.kind === "list" ? "a JSON list" : `a ${parameter.type.kind}`,
  });
}

function textOf(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function parseText(type: DataType, text: string): Json | undefined {
  switch (type.kind) {
    case "utf8":
    case "enum":
    case "decimal":
    case "binary":
      return text;
    case "boolean":
      return text === "true" ? true : text === "false" ? false : undefined;
    case "timestamp": {
      const ms = Date.parse(text);
      return Number.isNaN(ms) ? undefined : ms;
    }
    case "list":
      return text.startsWith("[") ? parseJson(text) : text.split(",").map((part) => part.trim());
    case "row":
    case "map":
    case "json":
      return parseJson(text);
    default:
      return text.trim() === "" ? undefined : Number(text);
  }
}

function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function fits(type: DataType, value: Json): boolean {
  if (value === null) return type.nullable;
  switch (type.kind) {
    case "boolean":
      return typeof value === "boolean";
    case "utf8":
    case "decimal":
    case "binary":
      return typeof value === "string";
    case "enum":
      return typeof value === "string" && type.values.includes(value);
    case "list":
      return Array.isArray(value) && value.every((item) => fits(type.item, item as Json));
    case "row":
    case "map":
      return typeof value === "object" && !Array.isArray(value);
    case "json":
      return true;
    case "float32":
    case "float64":
      return typeof value === "number" && !Number.isNaN(value);
    default:
      return typeof value === "number" && Number.isSafeInteger(value);
  }
}
