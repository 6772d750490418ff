import {
  batchSchema,
  columnOf,
  compileExpression,
  hasColumn,
  hashColumns,
  int32Column,
  int64Column,
  makeBatch,
  mapToBytes,
  mapToInts,
  takeColumn,
} from "@millrace/columnar";
import {
  assert,
  type FieldType,
  findField,
  hiddenColumns,
  lineageColumns,
  type RowSchema,
  timeField,
  weightField,
} from "@millrace/core";
import {
  type Expression,
  joinColumn,
  joinColumnsOf,
  type JoinKind,
  joinSides,
  type JoinSideName,
  type NamedExpression,
  windowFields,
} from "@millrace/plan";
import type { Data, RecordBatch, Schema } from "apache-arrow";
import type { JoinPairs } from "./join-pairs.ts";
import { type JoinSide, lineageFields } from "./join-side.ts";

const watermarkField: FieldType = {
  name: hiddenColumns.watermark,
  type: { kind: "int64", as: "number", nullable: true },
};

/** Both sides' rows, as the result is made of them. */
export interface JoinedSides {
  readonly left: JoinSide;
  readonly right: JoinSide;
}

/** The window of each pair. */
export interface WindowOfPairs {
  /** `windowStart`, `windowEnd`. */
  readonly before: readonly Data[];
  readonly times: Float64Array;
}

/** Whether a side's columns may be missing in a join of that kind. */
export function isOptionalSide(side: JoinSideName, kind: JoinKind): boolean {
  return kind === "full" || kind === (side === "left" ? "right" : "left");
}

/** A column of the result: as it is on a side, or computed from both. */
type ResultColumn =
  | { readonly side: JoinSideName; readonly name: string }
  | { readonly evaluate: (joined: RecordBatch) => Data };

/** Makes the selected columns of a join's result. */
export class JoinColumns {
  readonly #columns: readonly ResultColumn[];
  /** Columns that computed ones read. */
  readonly #read: readonly { readonly side: JoinSideName; readonly name: string }[];
  readonly #joined: Schema;

  constructor(
    spec: { readonly joinKind: JoinKind; readonly columns: readonly NamedExpression[] },
    inputs: readonly RowSchema[],
  ) {
    this.#columns = spec.columns.map(({ expression }) => resultColumn(expression));
    const computed = spec.columns.filter(({ expression }) => expression.kind !== "column");
    this.#read = joinSides.flatMap((side) =>
      [...joinColumnsOf(side, computed)].map((name) => ({ side, name })),
    );
    this.#joined = joinedSchema(this.#read, inputs, spec.joinKind);
  }

  /** By the row of each side in its batch. */
  of(
    pairs: JoinPairs,
    batches: { readonly left: RecordBatch; readonly right: RecordBatch },
  ): Data[] {
    const { count } = pairs;
    const take = (side: JoinSideName, name: string): Data =>
      takeColumn(columnOf(batches[side], name), pairs[side], count);
    const read = this.#read.map(({ side, name }) => take(side, name));
    const joined = makeBatch(this.#joined, read, count);
    return this.#columns.map((column) =>
      "side" in column ? take(column.side, column.name) : column.evaluate(joined),
    );
  }
}

/**
 * Makes the rows of a join's result: the selected columns, then hidden ones.
 *
 * `$time` is the later of both. `$watermark` stands where a row of the pair was behind by so much
 * that the pair is too. Where a side has its lineage, there is that of the left (else of the
 * right), with a hash of the other's in `$index`, so that the order of pairs of one row does not
 * depend on their arrival.
 */
export class JoinOutput {
  readonly #columns: JoinColumns;
  readonly #fields: readonly FieldType[];
  readonly #isUpdating: boolean;
  readonly #schemas = new Map<string, Schema>();

  constructor(
    spec: { readonly joinKind: JoinKind; readonly columns: readonly NamedExpression[] },
    schemas: { readonly inputs: readonly RowSchema[]; readonly output: RowSchema },
    isUpdating: boolean,
  ) {
    this.#isUpdating = isUpdating;
    this.#fields = schemas.output.fields;
    this.#columns = new JoinColumns(spec, schemas.inputs);
  }

  /**
   * Left row i with right row i.
   *
   * @param window columns that come before the selected ones, and `$time`, where it is not of rows
   */
  make(pairs: JoinPairs, sides: JoinedSides, window?: WindowOfPairs): RecordBatch {
    const { count } = pairs;
    const batches = { left: sides.left.batch, right: sides.right.batch };
    const columns = this.#columns.of(pairs, batches);
    const hidden: FieldType[] = [];
    if (window !== undefined) {
      columns.unshift(...window.before);
      columns.push(int64Column(window.times, count));
      hidden.push(timeField);
    } else if (isTimed(sides)) this.#addTimes(pairs, sides, columns, hidden);
    const lineage = this.#isUpdating ? undefined : lineageOf(pairs, batches);
    if (lineage !== undefined) {
      columns.push(...lineage);
      hidden.push(...lineageFields);
    }
    if (this.#isUpdating) {
      columns.push(int32Column(pairs.weights.slice(0, count), count));
      hidden.push(weightField);
    }
    return makeBatch(
      this.#schemaOf(window === undefined ? [] : windowFields, hidden),
      columns,
      count,
    );
  }

  #addTimes(pairs: JoinPairs, sides: JoinedSides, columns: Data[], hidden: FieldType[]): void {
    const { count } = pairs;
    const times = laterOf(pairs, sides.left.slots.times, sides.right.slots.times);
    columns.push(int64Column(times, count));
    hidden.push(timeField);
    if (!sides.left.hasBehind && !sides.right.hasBehind) return;
    const behind = laterOf(pairs, sides.left.slots.behind, sides.right.slots.behind);
    const isBehind = mapToBytes(behind, (mark, i) => (mark > (times[i] as number) ? 1 : 0));
    if (!isBehind.includes(1)) return;
    columns.push(int64Column(behind, count, isBehind));
    hidden.push(watermarkField);
  }

  #schemaOf(before: readonly FieldType[], hidden: readonly FieldType[]): Schema {
    const names = hidden.map(({ name }) => name).join(" ");
    let schema = this.#schemas.get(names);
    if (schema === undefined) {
      schema = batchSchema([...before, ...this.#fields, ...hidden]);
      this.#schemas.set(names, schema);
    }
    return schema;
  }
}

/** Whether rows of both sides have event time, as far as there were any. */
function isTimed({ left, right }: JoinedSides): boolean {
  const isWithout = (side: JoinSide): boolean => !side.hasTime && side.slotCount > 1;
  return !isWithout(left) && !isWithout(right) && (left.hasTime || right.hasTime);
}

function resultColumn(expression: Expression): ResultColumn {
  if (expression.kind === "column") {
    for (const side of joinSides) {
      const prefix = joinColumn(side, "");
      if (expression.name.startsWith(prefix)) {
        return { side, name: expression.name.slice(prefix.length) };
      }
    }
  }
  const compiled = compileExpression(expression);
  return { evaluate: (joined) => compiled.evaluate(joined) };
}

/** The schema of a batch of `left.…` and `right.…` columns. */
export function joinedSchema(
  read: readonly { readonly side: JoinSideName; readonly name: string }[],
  inputs: readonly RowSchema[],
  kind: JoinKind,
): Schema {
  const fields = read.map(({ side, name }): FieldType => {
    const input = inputs[joinSides.indexOf(side)];
    const field = input === undefined ? undefined : findField(input, name);
    assert(field !== undefined, `the ${side} input has the column ${name}`);
    const nullable = field.type.nullable || isOptionalSide(side, kind);
    return { name: joinColumn(side, name), type: { ...field.type, nullable } };
  });
  return batchSchema(fields);
}

function laterOf(pairs: JoinPairs, left: Float64Array, right: Float64Array): Float64Array {
  const { count } = pairs;
  const later = new Float64Array(count);
  for (let i = 0; i < count; i += 1) {
    const own = left[pairs.left[i] as number] as number;
    const other = right[pairs.right[i] as number] as number;
    later[i] = own > other ? own : other;
  }
  return later;
}

/** Undefined where no side has its lineage. */
function lineageOf(
  pairs: JoinPairs,
  batches: { readonly left: RecordBatch; readonly right: RecordBatch },
): Data[] | undefined {
  const { count } = pairs;
  const taken = (side: JoinSideName, names: readonly string[]): Data[] =>
    names
      .filter((name) => hasColumn(batches[side], name))
      .map((name) => takeColumn(columnOf(batches[side], name), pairs[side], count));
  const place = lineageColumns.slice(0, 3);
  const left = taken("left", place);
  const right = taken("right", place);
  if (left.length === 0 && right.length === 0) return undefined;
  const others = [
    ...taken("left", [hiddenColumns.index]),
    ...(left.length === 0 ? [] : right),
    ...taken("right", [hiddenColumns.index]),
  ];
  const index = others.length === 0 ? new Uint32Array(count) : hashColumns(others, count);
  const hash = mapToInts(index.subarray(0, count), (value) => value | 0);
  return [...(left.length === 0 ? right : left), int32Column(hash, count)];
}
