import type { OperatorCoverage } from "@millrace/cli";
import { rowFunction } from "@millrace/columnar";
import type { Operator } from "@millrace/core";
import {
  type Expression,
  formatExpression,
  type LogicalPlan,
  type OperatorSpec,
  type StageOperator,
} from "@millrace/plan";
import type { RunEnvironment } from "@millrace/runtime";
import type { RecordBatch } from "apache-arrow";

interface CountedBranch {
  readonly condition: string;
  readonly holds: (batch: RecordBatch, row: number) => unknown;
  taken: number;
  notTaken: number;
}

interface Covered {
  readonly planned: StageOperator;
  readonly operators: Operator[];
  readonly branches: readonly CountedBranch[];
}

type CreateOperator = RunEnvironment["createOperator"];

/**
 * Counts which operators saw rows, and which sides of their conditions were taken.
 *
 * **Cost** each condition once more per row, interpreted
 */
export class Coverage {
  readonly #covered = new Map<string, Covered>();

  /** Makes operators that are counted. */
  counting(create: CreateOperator): CreateOperator {
    return (planned, context) => {
      const operator = create(planned, context);
      const covered = this.#covered.get(planned.id) ?? coveredOf(planned);
      this.#covered.set(planned.id, covered);
      covered.operators.push(operator);
      return countingOperator(operator, covered.branches);
    };
  }

  /** What was counted, in the order of the plan. */
  report(logical: LogicalPlan): readonly OperatorCoverage[] {
    return [...this.#covered.values()].map(({ planned, operators, branches }) => {
      const { nodeIds, spec } = planned;
      const place = logical.nodes.find((node) => nodeIds.includes(node.id))?.place;
      const total = (of: (operator: Operator) => number): number =>
        operators.reduce((sum, operator) => sum + of(operator), 0);
      const filtered = total(({ counts }) => counts.filtered);
      const accepted = total(({ counts }) => counts.accepted);
      const isFunction = spec.kind === "rowFunction" && spec.mode === "filter";
      return {
        steps: nodeIds,
        ...(place === undefined ? {} : { place }),
        rowsIn: total(({ counts }) => counts.rowsIn),
        rowsOut: total(({ counts }) => counts.rowsOut),
        branches: isFunction
          ? [{ condition: "its function", taken: accepted, notTaken: filtered }]
          : branches.map(({ condition, taken, notTaken }) => ({ condition, taken, notTaken })),
      };
    });
  }
}

function coveredOf(planned: StageOperator): Covered {
  const branches = conditionsOf(planned.spec).map((condition): CountedBranch => {
    const text = formatExpression(condition);
    return { condition: text, holds: rowFunction(condition), taken: 0, notTaken: 0 };
  });
  return { planned, operators: [], branches };
}

/** Conditions of a filter, each part of a conjunction for itself, and of every `case`. */
function conditionsOf(spec: OperatorSpec): Expression[] {
  if (spec.kind !== "filterProject") return [];
  const { predicate, columns = [] } = spec;
  const found = predicate === undefined ? [] : partsOf(predicate);
  const all = [...found, ...columns.map(({ expression }) => expression)];
  return [...found, ...all.flatMap(casesIn)];
}

function partsOf(condition: Expression): Expression[] {
  const isAnd = condition.kind === "call" && condition.function === "and";
  return isAnd ? condition.arguments.flatMap(partsOf) : [condition];
}

function casesIn(expression: Expression): Expression[] {
  if (expression.kind !== "call") return [];
  const inner = expression.arguments.flatMap(casesIn);
  if (expression.function !== "case") return inner;
  const last = expression.arguments.length - 1;
  const own = expression.arguments.filter((_, index) => index % 2 === 0 && index < last);
  return [...own, ...inner];
}

function countingOperator(operator: Operator, branches: readonly CountedBranch[]): Operator {
  if (branches.length === 0) return operator;
  const process: Operator["process"] = (batch, out, input) => {
    for (let row = 0; row < batch.numRows; row += 1) {
      for (const branch of branches) {
        if (branch.holds(batch, row) === true) branch.taken += 1;
        else branch.notTaken += 1;
      }
    }
    operator.process(batch, out, input);
  };
  return new Proxy(operator, {
    get(target, name) {
      if (name === "process") return process;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
