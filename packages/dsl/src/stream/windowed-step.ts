import { type FieldType, quote } from "@millrace/core";
import {
  type AggregateCall,
  type AggregateColumn,
  type LogicalNode,
  windowFields,
  type WindowSpec,
} from "@millrace/plan";
import { aggregateColumn } from "../aggregate/aggregate-column.ts";
import { userFunctionsOf } from "../aggregate/aggregate-function.ts";
import { reportProblem, withinScope } from "../expression/scope.ts";
import type { PlanDraft } from "../plan-draft.ts";
import { checkDuplicates, columnsFrom, type RowCallback } from "./step-columns.ts";
import type { WindowTiming } from "./window-emit.ts";

/**
 * What stands behind a windowed stream at run time. `Step` is the stream that its aggregate gives.
 */
export class WindowedStep<Step> {
  readonly #input: LogicalNode;
  readonly #draft: PlanDraft;
  readonly #window: WindowTiming & { readonly window: WindowSpec };
  readonly #open: (node: LogicalNode) => Step;

  constructor(
    draft: PlanDraft,
    input: LogicalNode,
    window: WindowTiming & { readonly window: WindowSpec },
    open: (node: LogicalNode) => Step,
  ) {
    this.#draft = draft;
    this.#input = input;
    this.#window = window;
    this.#open = open;
  }

  aggregate(id: string, columns: RowCallback): Step {
    const step = `aggregate ${JSON.stringify(id)}`;
    const draft = this.#draft;
    const { schema, keys, id: inputId } = this.#input;
    return withinScope({ step, problems: draft.problems }, () => {
      draft.takeId(id);
      const results = columnsFrom(step, schema, columns);
      const aggregates = results.map((r) => aggregateColumn(step, r.name, r.expression));
      for (const { calls } of aggregates) takeUserFunctions(draft, calls);
      const keyFields = schema.fields.filter((field) => keys.includes(field.name));
      const fields = [...keyFields, ...windowFields, ...aggregates.map(fieldOf)];
      checkDuplicates(step, fields);
      const uniqueKey = [...keys, ...windowFields.map(({ name }) => name)];
      return this.#open({
        inputs: [inputId],
        schema: { fields },
        keys,
        id,
        kind: "windowAggregate",
        ...this.#window,
        ...(this.#window.emit === undefined ? {} : { updating: { uniqueKey } }),
        columns: aggregates,
      });
    });
  }
}

/** Takes the functions of user-defined aggregates into the plan; one name has one definition. */
function takeUserFunctions(draft: PlanDraft, calls: readonly AggregateCall[]): void {
  for (const { settings } of calls) {
    for (const [id, userFunction] of userFunctionsOf(settings)) {
      const known = draft.functions.get(id) ?? userFunction;
      if (known !== userFunction) {
        const problem = `Two aggregate functions have the name ${quote(settings?.user?.name)}`;
        reportProblem("PLAN_ARGUMENT_INVALID", { problem });
      }
      draft.functions.set(id, userFunction);
    }
  }
}

function fieldOf(column: AggregateColumn): FieldType {
  return { name: column.name, type: column.expression.type };
}
