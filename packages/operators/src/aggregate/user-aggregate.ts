import { columnBuilder, valueReader } from "@millrace/columnar";
import { type DataType, type FieldType, isMillraceError, millraceError } from "@millrace/core";
import {
  type AggregateCall,
  argumentsOf,
  type UserAggregate,
  type UserFunction,
  userFunctionId,
} from "@millrace/plan";
import type { Data } from "apache-arrow";
import type { Accumulator, AggregateRows } from "./accumulator.ts";
import { callSetting } from "./call-setting.ts";
import { FloatCells } from "./float-cells.ts";

type Read = (data: Data, row: number) => unknown;
type StateRow = Readonly<Record<string, unknown>>;

/** The functions of a user-defined aggregate, by what they do. */
interface UserAggregateFunctions {
  readonly init: UserFunction;
  readonly add: UserFunction;
  readonly result: UserFunction;
  readonly merge?: UserFunction;
  readonly remove?: UserFunction;
}

/**
 * A user-defined aggregate: a plain state row per group, which the user's functions turn into the
 * next one. Null over no rows.
 *
 * **State** the state row a group, and 8 bytes
 * **Cost**  one object and one call per row
 * **Errors** `RUN_FUNCTION_FAILED` when a function throws, or gives what its type does not hold
 */
class UserAggregateAccumulator implements Accumulator {
  readonly stateFields: readonly FieldType[];
  readonly #counts = new FloatCells(["$count"]);
  readonly #states: (StateRow | undefined)[] = [];
  readonly #definition: UserAggregate;
  readonly #functions: UserAggregateFunctions;
  readonly #type: DataType;
  readonly #inputs: readonly { readonly name: string; readonly read: Read }[];
  readonly #readState: readonly Read[];

  constructor(
    definition: UserAggregate,
    functions: UserAggregateFunctions,
    types: { readonly inputs: readonly DataType[]; readonly result: DataType },
  ) {
    this.#definition = definition;
    this.#functions = functions;
    this.#type = { ...types.result, nullable: true };
    this.#inputs = types.inputs.map((type, i) => ({
      name: definition.inputs[i] as string,
      read: valueReader(type),
    }));
    this.#readState = definition.state.map(({ type }) => valueReader(type));
    this.stateFields = [...this.#counts.fields, ...definition.state];
  }

  ensure(count: number): void {
    this.#counts.ensure(count);
    while (this.#states.length < count) this.#states.push(undefined);
  }

  #call(step: keyof UserAggregateFunctions, ...rest: unknown[]): unknown {
    const found = this.#functions[step];
    const name = `${this.#definition.name}.${step}`;
    if (found === undefined) throw millraceError("PLAN_FUNCTION_LOST", { functionId: name });
    try {
      return found(...rest);
    } catch (error) {
      throw this.#failure(name, error);
    }
  }

  #failure(step: string, cause: unknown): Error {
    const problem = cause instanceof Error ? cause.message : String(cause);
    return millraceError("RUN_FUNCTION_FAILED", { step, problem }, { cause });
  }

  #stateOf(group: number): StateRow {
    return this.#states[group] ?? (this.#call("init") as StateRow);
  }

  add(input: AggregateRows): void {
    const columns = [input.data as Data, ...input.others.map(({ data }) => data)];
    for (let i = 0; i < input.count; i += 1) {
      const row = input.rows[i] as number;
      const group = input.groups[i] as number;
      const weight = input.weights === undefined ? 1 : (input.weights[row] as number);
      const values: Record<string, unknown> = {};
      for (const [at, { name, read }] of this.#inputs.entries()) {
        values[name] = read(columns[at] as Data, row);
      }
      const step = weight > 0 ? "add" : "remove";
      let state = this.#stateOf(group);
      for (let k = Math.abs(weight); k > 0; k -= 1) {
        state = this.#call(step, state, values) as StateRow;
      }
      this.#states[group] = state;
      this.#counts.values[group] = (this.#counts.values[group] as number) + weight;
    }
  }

  merge(other: UserAggregateAccumulator, groups: Int32Array, count: number): void {
    for (let i = 0; i < count; i += 1) {
      const group = groups[i] as number;
      const state = other.#states[i];
      if (group < 0 || state === undefined) continue;
      const own = this.#states[group];
      this.#states[group] =
        own === undefined ? state : (this.#call("merge", own, state) as StateRow);
      const seen = other.#counts.values[i] as number;
      this.#counts.values[group] = (this.#counts.values[group] as number) + seen;
    }
  }

  result(groups: Int32Array, count: number): Data {
    const builder = columnBuilder(this.#type, count, `${this.#definition.name}.result`);
    for (let i = 0; i < count; i += 1) {
      const group = groups[i] as number;
      const isEmpty = (this.#counts.values[group] as number) <= 0;
      this.#append(builder, isEmpty ? null : this.#call("result", this.#stateOf(group)));
    }
    return builder.finish();
  }

  #append(builder: ReturnType<typeof columnBuilder>, value: unknown): void {
    try {
      builder.append(value);
    } catch (error) {
      if (!isMillraceError(error)) throw error;
      throw this.#failure(this.#definition.name, error);
    }
  }

  stateColumns(groups: Int32Array, count: number): Data[] {
    const builders = this.#definition.state.map(({ name, type }) =>
      columnBuilder(type, count, `${this.#definition.name}.state.${name}`),
    );
    for (let i = 0; i < count; i += 1) {
      const state = this.#stateOf(groups[i] as number);
      for (const [at, { name }] of this.#definition.state.entries()) {
        this.#append(builders[at] as ReturnType<typeof columnBuilder>, state[name]);
      }
    }
    const states = builders.map((builder) => builder.finish());
    return [...this.#counts.columns(groups, count), ...states];
  }

  restore(columns: readonly Data[], groups: Int32Array, count: number): void {
    this.#counts.restore(columns.slice(0, 1), groups, count);
    for (let i = 0; i < count; i += 1) {
      const state: Record<string, unknown> = {};
      for (const [at, { name }] of this.#definition.state.entries()) {
        state[name] = this.#readState[at]?.(columns[at + 1] as Data, i);
      }
      this.#states[groups[i] as number] = state;
    }
  }

  get sizeBytes(): number {
    return this.#counts.sizeBytes + this.#states.length * (64 + 32 * this.#definition.state.length);
  }
}

/**
 * Accumulators of a call of a user-defined aggregate.
 *
 * @throws MillraceError `PLAN_FUNCTION_LOST` when one of its functions is not there
 */
export function createUserAggregate(
  call: AggregateCall,
  functions: ReadonlyMap<string, UserFunction>,
): () => Accumulator {
  const definition = callSetting(call, "user");
  const types = { inputs: argumentsOf(call).map(({ type }) => type), result: call.type };
  const found = (step: keyof UserAggregateFunctions): UserFunction => {
    const functionId = userFunctionId(definition.name, step);
    const userFunction = functions.get(functionId);
    if (userFunction === undefined) throw millraceError("PLAN_FUNCTION_LOST", { functionId });
    return userFunction;
  };
  const own: UserAggregateFunctions = {
    init: found("init"),
    add: found("add"),
    result: found("result"),
    ...(definition.hasMerge ? { merge: found("merge") } : {}),
    ...(definition.hasRemove ? { remove: found("remove") } : {}),
  };
  return () => new UserAggregateAccumulator(definition, own, types);
}
