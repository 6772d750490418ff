import type { PatternVariable } from "@millrace/plan";

/** What may become of the row that follows, in order of preference. */
export interface Choices {
  /** The variables that may take it, by index, up to where ending the match is preferred. */
  readonly variables: readonly number[];
  /** Whether the match may end here, where no row is taken by one of `variables`. */
  readonly isMatch: boolean;
}

const end = -1;

/**
 * The order of preference of a pattern, as SQL has it: a greedy variable rather takes a row than
 * that it leaves it to those after it, a reluctant one rather leaves it; of two ways that begin
 * alike, the first difference decides.
 *
 * **Source** SQL:2016 (ISO/IEC 19075-5), "row pattern matching": preferment
 */
export class ChoiceTable {
  readonly #variables: readonly PatternVariable[];
  readonly #end: number;
  /** By variable: while it needs rows, while it may take more, when it is full. */
  readonly #choices: readonly (readonly [Choices, Choices, Choices])[];

  /**
   * @param isLast whether a match is complete with its last row. Else what follows decides, and
   *   stands in place of the end as one more variable.
   */
  constructor(variables: readonly PatternVariable[], isLast: boolean) {
    this.#variables = variables;
    this.#end = isLast ? end : variables.length;
    this.#choices = variables.map((_, variable) => [
      cutAtEnd([variable]),
      cutAtEnd(this.#orderOf(variable)),
      cutAtEnd(this.#leave(variable)),
    ]);
  }

  /** Choices where a variable has room for more rows. */
  #orderOf(variable: number): number[] {
    const leave = this.#leave(variable);
    const isReluctant = this.#variables[variable]?.isReluctant === true;
    return isReluctant ? [...leave, variable] : [variable, ...leave];
  }

  #leave(variable: number): number[] {
    const next = this.#variables[variable + 1];
    if (next === undefined) return [this.#end];
    return next.min > 0 ? [variable + 1] : this.#orderOf(variable + 1);
  }

  /** Choices for the first row of a match. */
  get start(): Choices {
    return this.at(0, 0);
  }

  /** Choices after `count` rows of a variable, of which the last one is the last of the match. */
  at(variable: number, count: number): Choices {
    const { min, max = Infinity } = this.#variables[variable] as PatternVariable;
    const stage = count < min ? 0 : count < max ? 1 : 2;
    return (this.#choices[variable] as readonly [Choices, Choices, Choices])[stage];
  }

  /** A number of rows after which the choices are those after `count`. */
  counted(variable: number, count: number): number {
    const { min, max } = this.#variables[variable] as PatternVariable;
    return max === undefined ? Math.min(count, min) : count;
  }
}

function cutAtEnd(order: readonly number[]): Choices {
  const at = order.indexOf(end);
  return { variables: at < 0 ? order : order.slice(0, at), isMatch: at >= 0 };
}
