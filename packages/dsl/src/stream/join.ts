import type { Duration } from "@millrace/core";
import {
  joinColumn,
  type JoinKind,
  type JoinNode,
  type JoinSideName,
  type NamedExpression,
  type Updating,
} from "@millrace/plan";
import { reportProblem } from "../expression/scope.ts";
import { joinedBase, type JoinCallback, type JoinInputs } from "./joined-inputs.ts";

/** Options of `join`, as they are at run time. */
export interface JoinArguments {
  readonly kind?: JoinKind;
  readonly forgetAfter?: Duration;
  readonly select: JoinCallback;
}

/** The node of a join; what is wrong with it is reported. */
export function joinNode(
  step: string,
  id: string,
  inputs: JoinInputs,
  options: JoinArguments,
): JoinNode {
  const { forgetAfter } = options;
  if (forgetAfter !== undefined && !(Number.isSafeInteger(forgetAfter) && forgetAfter >= 0)) {
    const problem = `${step}: forgetAfter must be a duration of at least zero`;
    reportProblem("PLAN_ARGUMENT_INVALID", { problem });
  }
  const base = joinedBase(step, inputs, options);
  const areUpdating = [
    inputs.left.updating !== undefined,
    inputs.right.updating !== undefined,
  ] as const;
  const isUpdating = base.joinKind !== "inner" || areUpdating.includes(true);
  return {
    kind: "join",
    id,
    ...base,
    ...(isUpdating ? { updating: uniqueKeyOf(inputs, base) } : {}),
    areUpdating,
    isUpdating,
    ...(forgetAfter === undefined ? {} : { forgetAfterMs: forgetAfter }),
  };
}

/**
 * Both sides' unique keys, as columns of the result. Where only the left is missing from no row,
 * and a right row is alone in its key, the left's are enough; and the other way round.
 */
function uniqueKeyOf(
  { left, right }: JoinInputs,
  joined: {
    readonly joinKeys: readonly string[];
    readonly joinKind: JoinKind;
    readonly columns: readonly NamedExpression[];
  },
): Updating {
  const unique = {
    left: left.updating?.uniqueKey ?? [],
    right: right.updating?.uniqueKey ?? [],
  };
  if (unique.left.length === 0 || unique.right.length === 0) return { uniqueKey: [] };
  const { joinKind, joinKeys, columns } = joined;
  const isAlone = (side: JoinSideName): boolean =>
    unique[side].every((name) => joinKeys.includes(name));
  const wanted: JoinSideName[] = ["left", "right"];
  if (joinKind !== "right" && joinKind !== "full" && isAlone("right")) wanted.pop();
  else if (joinKind !== "left" && joinKind !== "full" && isAlone("left")) wanted.shift();
  const found = wanted.flatMap((side) =>
    unique[side].map((name) => columns.find(isColumn(joinColumn(side, name)))?.name),
  );
  const uniqueKey = found.filter((name) => name !== undefined);
  return { uniqueKey: uniqueKey.length === found.length ? uniqueKey : [] };
}

function isColumn(name: string): (column: NamedExpression) => boolean {
  return ({ expression }) => expression.kind === "column" && expression.name === name;
}
