import type { FieldType } from "@millrace/core";
import {
  type AggregateColumn,
  type LogicalNode,
  windowFields,
  type WindowSpec,
} from "@millrace/plan";
import { aggregateColumn } from "../aggregate/aggregate-column.ts";
import { takeUserFunctions } from "../aggregate/take-user-functions.ts";
import { withinScope } from "../expression/scope.ts";
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

function fieldOf(column: AggregateColumn): FieldType {
  return { name: column.name, type: column.expression.type };
}
