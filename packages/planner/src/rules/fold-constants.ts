import type { DataType, Json } from "@millrace/core";
import {
  type Expression,
  type FunctionName,
  type LogicalNode,
  type LogicalPlanData,
  rewriteExpression,
} from "@millrace/plan";
import { stepFor } from "../steps/steps.ts";
import { canFail } from "./can-fail.ts";
import type { Rule } from "./rule.ts";

/**
 * Computes what does not depend on a row: once here and not for each row. Parameters are literals
 * by now, so that switches such as `when(p.isTest, …)` leave no trace.
 *
 * Only booleans, texts and plain numbers are computed; the executors know the rest best. A filter
 * that is always true goes.
 */
export const foldConstants: Rule = {
  name: "foldConstants",
  apply(plan) {
    const folded = plan.nodes.map(
      (node) => stepFor(node).mapExpressions?.(node, foldExpression) ?? node,
    );
    return withoutTrueFilters({ ...plan, nodes: folded });
  },
};

type Call = Extract<Expression, { kind: "call" }>;
type Literal = Extract<Expression, { kind: "literal" }>;

/** The expression with constant parts computed. */
export function foldExpression(expression: Expression): Expression {
  return rewriteExpression(expression, (node) => (node.kind === "call" ? foldCall(node) : node));
}

function foldCall(call: Call): Expression {
  switch (call.function) {
    case "and":
    case "or":
      return foldJunction(call, call.function === "or");
    case "case":
      return foldCase(call);
    case "coalesce":
      return foldCoalesce(call);
    case "isNull":
    case "isNotNull":
      return foldNullTest(call);
    default:
      return foldLiterals(call);
  }
}

function literal(value: Json, type: DataType): Literal {
  return { kind: "literal", value, type };
}

function isLiteral(expression: Expression, value: Json): boolean {
  return expression.kind === "literal" && expression.value === value;
}

/** @param settling the value of an argument that settles the whole: false for `and` */
function foldJunction(call: Call, settling: boolean): Expression {
  const rest = call.arguments.filter((argument) => !isLiteral(argument, !settling));
  const isSettled = rest.some((argument) => isLiteral(argument, settling));
  if (isSettled && !rest.some(canFail)) return literal(settling, call.type);
  const [only] = rest;
  if (only === undefined) return literal(!settling, call.type);
  return rest.length === 1 ? only : { ...call, arguments: rest };
}

/** Branches that are never taken go; one that is always taken ends the list. */
function foldCase(call: Call): Expression {
  const kept: Expression[] = [];
  const { arguments: parts } = call;
  const otherwise = parts.at(-1) as Expression;
  let last = otherwise;
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const condition = parts[at] as Expression;
    const value = parts[at + 1] as Expression;
    if (isLiteral(condition, false) || isLiteral(condition, null)) continue;
    if (isLiteral(condition, true)) {
      last = value;
      break;
    }
    kept.push(condition, value);
  }
  // The result keeps its type: a branch alone may be of a narrower one.
  if (kept.length === 0)
    return isSameType(last.type, call.type)
      ? last
      : {
          ...call,
          arguments: [literal(true, { kind: "boolean", nullable: false }), last, otherwise],
        };
  return { ...call, arguments: [...kept, last] };
}

function foldCoalesce(call: Call): Expression {
  const parts = call.arguments.filter((part) => !isLiteral(part, null));
  const certain = parts.findIndex((part) => !part.type.nullable);
  const kept = certain === -1 ? parts : parts.slice(0, certain + 1);
  const [only] = kept;
  if (only === undefined) return literal(null, call.type);
  if (kept.length === 1 && isSameType(only.type, call.type)) return only;
  return kept.length === call.arguments.length ? call : { ...call, arguments: kept };
}

function foldNullTest(call: Call): Expression {
  const [tested] = call.arguments;
  if (tested === undefined) return call;
  const isNullTest = call.function === "isNull";
  if (tested.kind === "literal") return literal((tested.value === null) === isNullTest, call.type);
  if (tested.type.nullable || canFail(tested)) return call;
  return literal(!isNullTest, call.type);
}

function foldLiterals(call: Call): Expression {
  const values: Json[] = [];
  for (const argument of call.arguments) {
    if (argument.kind !== "literal" || !isPlain(argument.type)) return call;
    values.push(argument.value);
  }
  const fold = folds[call.function];
  if (fold === undefined || !isPlain(call.type)) return call;
  if (values.some((value) => value === null)) {
    return call.type.nullable ? literal(null, call.type) : call;
  }
  const value = fold(values);
  if (value === undefined) return call;
  if (typeof value !== "number") return literal(value, call.type);
  const isFloat = call.type.kind === "float64";
  const fits = isFloat ? Number.isFinite(value) : Number.isSafeInteger(value);
  return fits && !Object.is(value, -0) ? literal(value, call.type) : call;
}

/** Types whose literals are booleans, texts or plain numbers. */
function isPlain(type: DataType): boolean {
  switch (type.kind) {
    case "boolean":
    case "utf8":
    case "float64":
    case "int32":
      return true;
    case "int64":
      return type.as === "number";
    default:
      return false;
  }
}

function isSameType(left: DataType, right: DataType): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

type Fold = (values: readonly Json[]) => Json | undefined;

function onNumbers(compute: (left: number, right: number) => number | boolean): Fold {
  return ([left, right]) =>
    typeof left === "number" && typeof right === "number" ? compute(left, right) : undefined;
}

function onEquals(whenEqual: boolean): Fold {
  return ([left, right]) =>
    typeof left === typeof right ? (left === right) === whenEqual : undefined;
}

const folds: Partial<Readonly<Record<FunctionName, Fold>>> = {
  add: onNumbers((left, right) => left + right),
  subtract: onNumbers((left, right) => left - right),
  multiply: onNumbers((left, right) => left * right),
  eq: onEquals(true),
  ne: onEquals(false),
  lt: onNumbers((left, right) => left < right),
  lte: onNumbers((left, right) => left <= right),
  gt: onNumbers((left, right) => left > right),
  gte: onNumbers((left, right) => left >= right),
  not: ([value]) => (typeof value === "boolean" ? !value : undefined),
};

function withoutTrueFilters(plan: LogicalPlanData): LogicalPlanData {
  const replaced = new Map<string, string>();
  const nodes: LogicalNode[] = [];
  for (const node of plan.nodes) {
    const inputs = node.inputs.map((id) => replaced.get(id) ?? id);
    if (node.kind === "where" && isLiteral(node.predicate, true)) {
      replaced.set(node.id, inputs[0] ?? "");
    } else {
      nodes.push({ ...node, inputs });
    }
  }
  return { ...plan, nodes };
}
