import {
  batchSchema,
  compileExpression,
  concatColumns,
  int32Column,
  int64Column,
  makeBatch,
  takeColumn,
} from "@millrace/columnar";
import { type FieldType, timeField, weightField } from "@millrace/core";
import type { NamedExpression } from "@millrace/plan";
import type { Data, RecordBatch } from "apache-arrow";
import type { OpenWindow, WindowCall } from "../window/open-window.ts";
import { type SameValue, sameValue } from "./same-value.ts";

/** Result columns of some groups; `placeOf` says at which row a group stands, −1 for none. */
export interface GroupResults {
  readonly columns: readonly Data[];
  readonly placeOf: Int32Array;
}

/** Changes of results that are to be emitted, in order. */
export interface ResultChanges {
  /** Index among the groups that were looked at. */
  readonly places: Int32Array;
  readonly weights: Int32Array;
  readonly times: Float64Array;
  readonly count: number;
}

/** Computes the results of groups, and writes how they have changed. */
export class RunningResults {
  readonly #callFields: readonly FieldType[];
  readonly #results: readonly { evaluate(batch: RecordBatch): Data }[];
  readonly #fields: readonly FieldType[];
  readonly #timedFields: readonly FieldType[];
  readonly #resultFields: readonly FieldType[];
  readonly #keyCount: number;

  constructor(options: {
    readonly calls: readonly WindowCall[];
    readonly columns: readonly NamedExpression[];
    /** Columns of the output, keys first. */
    readonly fields: readonly FieldType[];
  }) {
    this.#callFields = options.calls.map(({ call }, i) => ({ name: `$${i}`, type: call.type }));
    this.#results = options.columns.map(({ expression }) => compileExpression(expression));
    this.#keyCount = options.fields.length - options.columns.length;
    this.#resultFields = options.fields.slice(this.#keyCount);
    this.#fields = [...options.fields, weightField];
    this.#timedFields = [...options.fields, timeField, weightField];
  }

  /**
   * The results of those of the groups that have some.
   *
   * @param has whether the group at a place has a result
   */
  of(
    window: OpenWindow,
    groups: Int32Array,
    count: number,
    has: (place: number) => boolean,
  ): GroupResults {
    const placeOf = new Int32Array(count);
    const chosen = new Int32Array(count);
    let size = 0;
    for (let place = 0; place < count; place += 1) {
      const isChosen = has(place);
      placeOf[place] = isChosen ? size : -1;
      if (isChosen) chosen[size++] = groups[place] as number;
    }
    const calls = this.#callFields.map((_, i) =>
      (window.calls[i] as OpenWindow["calls"][number]).accumulator.result(chosen, size),
    );
    const batch = makeBatch(batchSchema(this.#callFields), calls, size);
    return { columns: this.#results.map((result) => result.evaluate(batch)), placeOf };
  }

  /** Tells whether the result at a place is the same as before. */
  sameness(before: GroupResults, after: GroupResults): (place: number) => boolean {
    const columns = this.#resultFields.map(({ type }, i): SameValue =>
      sameValue(type, before.columns[i] as Data, after.columns[i] as Data),
    );
    return (place) => {
      const from = before.placeOf[place] as number;
      const to = after.placeOf[place] as number;
      return columns.every((isSame) => isSame(from, to));
    };
  }

  /** The changes as rows: keys, results, `$time` where rows have one, `$weight`. */
  rowsOf(
    window: OpenWindow,
    groups: Int32Array,
    results: { readonly before: GroupResults; readonly after: GroupResults },
    changes: ResultChanges,
    hasTime: boolean,
  ): RecordBatch {
    const { before, after } = results;
    const { places, weights, times, count } = changes;
    const owners = new Int32Array(count);
    const picks = new Int32Array(count);
    const shift = before.columns[0]?.length ?? 0;
    for (let i = 0; i < count; i += 1) {
      const place = places[i] as number;
      owners[i] = groups[place] as number;
      const isOld = (weights[i] as number) < 0;
      picks[i] = isOld
        ? (before.placeOf[place] as number)
        : shift + (after.placeOf[place] as number);
    }
    const columns = [
      ...window.groups.keyColumns(owners, count).slice(0, this.#keyCount),
      ...before.columns.map((column, i) =>
        takeColumn(concatColumns([column, after.columns[i] as Data]), picks, count),
      ),
      ...(hasTime ? [int64Column(times, count)] : []),
      int32Column(weights.slice(0, count), count),
    ];
    return makeBatch(batchSchema(hasTime ? this.#timedFields : this.#fields), columns, count);
  }
}
