import { findField, type RowSchema } from "@millrace/core";
import type { Expression, LogicalNode, NamedExpression, ProjectNode } from "@millrace/plan";
import { canFail } from "./can-fail.ts";
import { costlyFrom, expressionCost } from "./expression-cost.ts";
import type { Rule } from "./rule.ts";

/**
 * Computes a costly expression once that stands several times in a projection: a projection before
 * it keeps the value as a column.
 *
 * Cheap ones stay: to write and read a column costs as much as an addition.
 */
export const shareExpressions: Rule = {
  name: "shareExpressions",
  apply: (plan) => ({
    ...plan,
    nodes: plan.nodes.flatMap((node) => (node.kind === "project" ? shared(node) : [node])),
  }),
};

function shared(node: ProjectNode): LogicalNode[] {
  const repeated = repeatedIn(node.columns.map((column) => column.expression));
  if (repeated.length === 0) return [node];
  const taken = columnsRead(node);
  const names = new Map<string, string>();
  const kept: NamedExpression[] = repeated.map((expression, index) => {
    const name = freeName(taken, index);
    names.set(JSON.stringify(expression), name);
    return { name, expression };
  });
  const before = [...taken.fields.map(columnFor), ...kept];
  const fields = before.map(({ name, expression }) => ({ name, type: expression.type }));
  const first: ProjectNode = {
    ...node,
    id: `${node.id}-shared`,
    verb: "withColumns",
    schema: { fields },
    columns: before,
    ...(node.updating === undefined ? {} : { updating: { uniqueKey: [] } }),
  };
  const columns = node.columns.map((column) => ({
    ...column,
    expression: replaceShared(column.expression, names),
  }));
  return [first, { ...node, inputs: [first.id], columns }];
}

/** Costly expressions that stand more than once and are not within a repeated one. */
function repeatedIn(expressions: readonly Expression[]): Expression[] {
  const counts = new Map<string, { readonly expression: Expression; count: number }>();
  const visit = (expression: Expression): void => {
    if (expression.kind !== "call") return;
    // One that may stop the task could stand in a branch that guards it.
    if (expressionCost(expression) >= costlyFrom && !canFail(expression)) {
      const text = JSON.stringify(expression);
      const seen = counts.get(text);
      if (seen !== undefined) {
        seen.count += 1;
        return;
      }
      counts.set(text, { expression, count: 1 });
    }
    for (const argument of expression.arguments) visit(argument);
  };
  for (const expression of expressions) visit(expression);
  return [...counts.values()].filter(({ count }) => count > 1).map((each) => each.expression);
}

/** The input's columns that the projection reads. */
function columnsRead(node: ProjectNode): RowSchema {
  const fields = new Map<string, RowSchema["fields"][number]>();
  const visit = (expression: Expression): void => {
    if (expression.kind === "column") {
      fields.set(expression.name, { name: expression.name, type: expression.type });
    } else if (expression.kind === "call") expression.arguments.forEach(visit);
  };
  for (const { expression } of node.columns) visit(expression);
  return { fields: [...fields.values()] };
}

function columnFor({ name, type }: RowSchema["fields"][number]): NamedExpression {
  return { name, expression: { kind: "column", name, type } };
}

function freeName(taken: RowSchema, index: number): string {
  let name = `shared-${index + 1}`;
  while (findField(taken, name) !== undefined) name += "-";
  return name;
}

function replaceShared(expression: Expression, names: ReadonlyMap<string, string>): Expression {
  if (expression.kind !== "call") return expression;
  const name = names.get(JSON.stringify(expression));
  if (name !== undefined) return { kind: "column", name, type: expression.type };
  return {
    ...expression,
    arguments: expression.arguments.map((each) => replaceShared(each, names)),
  };
}
