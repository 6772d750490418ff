import { type Duration, type FieldType, findField } from "@millrace/core";
import type { RankKind, TopRowsNode } from "@millrace/plan";
import { reportProblem } from "../expression/scope.ts";
import { checkedWithin } from "./deduplicate.ts";
import { sortKeysFrom } from "./sort-keys.ts";
import { checkDuplicates, checkName, type RowCallback } from "./step-columns.ts";
import type { StepInput } from "./step-input.ts";

/** Options of `topN`, as they are at run time. */
export interface TopNArguments {
  readonly n: number;
  readonly orderBy: RowCallback;
  readonly ties?: "cut" | "keep";
  readonly rank?: string;
  readonly emit?: "each-batch" | "when-complete";
}

/** Options of `rank`, as they are at run time. */
export interface RankArguments {
  readonly orderBy: RowCallback;
  readonly kind: RankKind;
  readonly max: number;
  readonly as?: string;
  readonly emit?: "each-batch" | "when-complete";
}

/** The column whose value is the time at which a window's rows are complete. */
const windowEnd = "windowEnd";

/** The node of `topN`; what is wrong with it is reported. */
export function topNNode(
  step: string,
  id: string,
  input: StepInput,
  options: TopNArguments,
): TopRowsNode {
  const rankKind = options.ties === "keep" ? "rank" : "rowNumber";
  return topRowsNode(step, id, input, {
    verb: "topN",
    orderBy: sortKeysFrom(step, input.node.schema, options.orderBy),
    tieOrder: "first",
    rankKind,
    n: checkedCount(step, "n", options.n),
    ...(options.rank === undefined ? {} : { rankColumn: options.rank }),
    ...completion(step, input, options.emit),
  });
}

/** The node of `rank`; what is wrong with it is reported. */
export function rankNode(
  step: string,
  id: string,
  input: StepInput,
  options: RankArguments,
): TopRowsNode {
  return topRowsNode(step, id, input, {
    verb: "rank",
    orderBy: sortKeysFrom(step, input.node.schema, options.orderBy),
    tieOrder: "first",
    rankKind: options.kind,
    n: checkedCount(step, "max", options.max),
    rankColumn: options.as ?? "rank",
    ...completion(step, input, options.emit),
  });
}

/** The node that keeps the last row of each key, by event order. */
export function lastRowNode(
  step: string,
  id: string,
  input: StepInput,
  within: Duration | undefined,
): TopRowsNode {
  return topRowsNode(step, id, input, {
    verb: "deduplicate",
    orderBy: [],
    tieOrder: "last",
    rankKind: "rowNumber",
    n: 1,
    ...(within === undefined ? {} : { forgetAfterMs: checkedWithin(step, within) }),
  });
}

type Choice = Pick<TopRowsNode, "verb" | "orderBy" | "tieOrder" | "rankKind" | "n"> &
  Partial<Pick<TopRowsNode, "rankColumn" | "completeAt" | "forgetAfterMs">>;

function topRowsNode(step: string, id: string, { node }: StepInput, choice: Choice): TopRowsNode {
  const { rankColumn, completeAt, rankKind, n } = choice;
  if (rankColumn !== undefined) checkName(step, rankColumn);
  const rankFields: FieldType[] =
    rankColumn === undefined
      ? []
      : [{ name: rankColumn, type: { kind: "int32", nullable: false } }];
  const fields = [...node.schema.fields, ...rankFields];
  checkDuplicates(step, fields);
  const isNumbered = rankKind === "rowNumber" && rankColumn !== undefined;
  const uniqueKey = isNumbered
    ? [...node.keys, rankColumn]
    : rankKind === "rowNumber" && n === 1
      ? node.keys
      : [];
  return {
    inputs: [node.id],
    schema: { fields },
    keys: node.keys,
    ...(completeAt === undefined ? { updating: { uniqueKey } } : {}),
    id,
    kind: "topRows",
    ...choice,
    retracts: node.updating !== undefined,
  };
}

function checkedCount(step: string, name: string, count: number): number {
  if (Number.isInteger(count) && count >= 1 && count <= countMax) return count;
  const problem = `${step}: ${name} must be a whole number from 1 to ${countMax}`;
  reportProblem("PLAN_ARGUMENT_INVALID", { problem });
  return 1;
}

/** Rows of a key that a rank may reach. */
const countMax = 1_000_000;

function completion(
  step: string,
  { node }: StepInput,
  emit: "each-batch" | "when-complete" | undefined,
): { completeAt?: string } {
  if (emit !== "when-complete") return {};
  const type = findField(node.schema, windowEnd)?.type;
  const isInstant = type?.kind === "timestamp" && type.unit === "ms";
  if (!node.keys.includes(windowEnd) || !isInstant) {
    const problem = `${step}: emit "when-complete" needs ${windowEnd}, a timestamp, among the keys`;
    reportProblem("PLAN_ARGUMENT_INVALID", { problem });
  }
  if (node.updating !== undefined) reportProblem("PLAN_UPDATING_REFUSED", { step });
  return { completeAt: windowEnd };
}
