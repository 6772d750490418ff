import { columnOf, compilePredicate, makeBatch, takeColumn } from "@millrace/columnar";
import type { RowSchema } from "@millrace/core";
import { type Expression, joinColumnsOf, joinSides, type JoinSideName } from "@millrace/plan";
import type { Schema } from "apache-arrow";
import { joinedSchema, type JoinedSides } from "./join-output.ts";
import type { JoinPairs } from "./join-pairs.ts";

/** A condition on pairs, over `left.…` and `right.…`; null is false. */
export class JoinCondition {
  readonly #predicate: ReturnType<typeof compilePredicate>;
  readonly #read: readonly { readonly side: JoinSideName; readonly name: string }[];
  readonly #schema: Schema;

  constructor(expression: Expression, inputs: readonly RowSchema[]) {
    this.#predicate = compilePredicate(expression);
    const columns = [{ name: "condition", expression }];
    this.#read = joinSides.flatMap((side) =>
      [...joinColumnsOf(side, columns)].map((name) => ({ side, name })),
    );
    this.#schema = joinedSchema(this.#read, inputs, "inner");
  }

  /** Leaves out the pairs for which it is not true. */
  filter(pairs: JoinPairs, sides: JoinedSides): void {
    const { count } = pairs;
    if (count === 0) return;
    const columns = this.#read.map(({ side, name }) =>
      takeColumn(columnOf(sides[side].batch, name), pairs[side], count),
    );
    const rows = new Int32Array(count);
    const passed = this.#predicate.select(makeBatch(this.#schema, columns, count), rows);
    pairs.pick(rows, passed);
  }
}
