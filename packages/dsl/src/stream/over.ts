import type { Duration } from "@millrace/core";
import { checkFrame, type OverFrame, type OverNode } from "@millrace/plan";
import { aggregateColumn } from "../aggregate/aggregate-column.ts";
import { reportProblem } from "../expression/scope.ts";
import { checkNumberColumn } from "./number-column.ts";
import { checkDuplicates, columnsFrom, type RowCallback } from "./step-columns.ts";
import type { StepInput } from "./step-input.ts";

/** Which rows of its key a row is aggregated with: those of the last time, or so many rows. */
export type FrameOptions<TieColumn extends string = string> = (
  | { readonly within: Duration; readonly rows?: never }
  | { readonly rows: number; readonly within?: never }
) & {
  /** Columns of numbers that order rows of equal time, the first first; null comes before all. */
  readonly tieBreak?: readonly TieColumn[];
};

/** The node of `over`; what is wrong with it is reported. */
export function overNode(
  step: string,
  id: string,
  { node }: StepInput,
  options: { readonly frame: FrameOptions; readonly columns: RowCallback },
): OverNode {
  const { schema, keys, id: inputId } = node;
  const frame = frameOf(step, options.frame);
  const { tieBreak = [] } = options.frame;
  for (const name of tieBreak) checkNumberColumn(step, schema, name);
  const results = columnsFrom(step, schema, options.columns);
  const columns = results.map((r) => aggregateColumn(step, r.name, r.expression));
  const added = columns.map(({ name, expression }) => ({ name, type: expression.type }));
  const fields = [...schema.fields, ...added];
  checkDuplicates(step, fields);
  const ties = tieBreak.length === 0 ? {} : { tieColumns: tieBreak };
  return { inputs: [inputId], schema: { fields }, keys, id, kind: "over", frame, ...ties, columns };
}

function frameOf(step: string, options: FrameOptions): OverFrame {
  if ((options.within === undefined) === (options.rows === undefined)) {
    const problem = `${step}: give either within or rows`;
    reportProblem("PLAN_ARGUMENT_INVALID", { problem });
  }
  const frame: OverFrame =
    options.within === undefined
      ? { kind: "rows", count: options.rows }
      : { kind: "time", sizeMs: options.within };
  const problem = checkFrame(frame);
  if (problem !== undefined) throw problem;
  return frame;
}
