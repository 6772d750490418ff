import { findField, type RowSchema } from "@millrace/core";
import type { LogicalNode, NamedExpression } from "@millrace/plan";
import { reportProblem } from "../expression/scope.ts";
import { checkName, columnOf, knownNames } from "./step-columns.ts";

/** The columns of these names; unknown ones are reported. */
export function namedColumns(
  step: string,
  schema: RowSchema,
  names: readonly string[],
): NamedExpression[] {
  return knownNames(step, schema, names).flatMap((name) => {
    const field = findField(schema, name);
    return field === undefined ? [] : [columnOf(field)];
  });
}

/** The keys where all are still there; a key whose name now means something else is reported. */
export function keysLeft(
  node: LogicalNode,
  columns: readonly NamedExpression[],
): readonly string[] {
  const kept = node.keys.filter((key) => columns.some((column) => column.name === key));
  if (kept.length < node.keys.length) return [];
  checkKeysStay("select", node, columns);
  return node.keys;
}

/** Reports columns that have a key's name and are not that key. */
export function checkKeysStay(
  step: string,
  { keys }: LogicalNode,
  columns: readonly NamedExpression[],
): void {
  for (const { name, expression } of columns) {
    const isSame = expression.kind === "column" && expression.name === name;
    if (!keys.includes(name) || isSame) continue;
    const problem = `${step}: ${name} is a key and cannot be replaced; choose another name`;
    reportProblem("PLAN_ARGUMENT_INVALID", { problem });
  }
}

/** All columns, those that are added in the place of the ones with their names, or at the end. */
export function withAdded(schema: RowSchema, added: readonly NamedExpression[]): NamedExpression[] {
  const byName = new Map(added.map((column) => [column.name, column]));
  const kept = schema.fields.map((field) => byName.get(field.name) ?? columnOf(field));
  const isNew = (column: NamedExpression): boolean => findField(schema, column.name) === undefined;
  return [...kept, ...added.filter(isNew)];
}

/** All columns but these; keys and unknown names are reported. */
export function withoutColumns(
  step: string,
  node: LogicalNode,
  names: readonly string[],
): NamedExpression[] {
  knownNames(step, node.schema, names);
  refuseKeys(step, node, names);
  return node.schema.fields.filter((field) => !names.includes(field.name)).map(columnOf);
}

/** All columns, under new names; keys and unknown names are reported. */
export function renamedColumns(
  step: string,
  node: LogicalNode,
  names: Readonly<Record<string, string>>,
): NamedExpression[] {
  knownNames(step, node.schema, Object.keys(names));
  refuseKeys(step, node, Object.keys(names));
  return node.schema.fields.map((field) => {
    const name = names[field.name] ?? field.name;
    checkName(step, name);
    return { ...columnOf(field), name };
  });
}

function refuseKeys(step: string, { keys }: LogicalNode, names: readonly string[]): void {
  for (const name of names.filter((n) => keys.includes(n))) {
    const advice = "select without it, or key anew";
    const problem = `${step}: ${name} is a key and must stay; ${advice}`;
    reportProblem("PLAN_ARGUMENT_INVALID", { problem });
  }
}
