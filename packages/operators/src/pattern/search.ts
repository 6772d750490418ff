import { limits, millraceError } from "@millrace/core";
import type { PatternSpec } from "@millrace/plan";
import { type Choices, ChoiceTable } from "./choices.ts";
import type { Conditions } from "./conditions.ts";
import type { KeptRows } from "./kept-rows.ts";
import { type Attempt, wayWidth } from "./open-key.ts";

/**
 * Goes with each row along all ways that may become the preferred match of an attempt.
 *
 * Ways stand in order of preference. When one becomes a match, those after it are dropped, and the
 * ways before it go on: the match counts when none of them is left. Where no condition depends on
 * the match so far, of ways in the same place only the preferred one goes on, so that there are at
 * most as many as there are places.
 *
 * **Cost** O(ways) per row, which are numbers in one array; where conditions depend on the match so
 * far, there may be as many ways as there are ways to divide the rows among the variables
 * **Source** R. Pike's simulation of backtracking, as in R. Cox, "Regular Expression Matching: the
 * Virtual Machine Approach", 2009
 */
export class Search {
  readonly #choices: ChoiceTable;
  readonly #isRelaxed: readonly boolean[];
  readonly #conditions: Conditions;
  readonly #rows: KeptRows;
  readonly #operatorId: string;
  /** Stands for what must not follow, as a variable after the last one; −1 without it. */
  readonly #absent: number;
  /** Bits of the variables that the first row of a match may be of. */
  readonly #startBits: number;
  #next: number[] = [];

  constructor(spec: PatternSpec, conditions: Conditions, rows: KeptRows, operatorId: string) {
    this.#absent = spec.notFollowedBy === undefined ? -1 : spec.variables.length;
    this.#choices = new ChoiceTable(spec.variables, this.#absent < 0);
    this.#isRelaxed = spec.variables.map(({ isRelaxed }) => isRelaxed);
    this.#conditions = conditions;
    this.#rows = rows;
    this.#operatorId = operatorId;
    this.#startBits = this.#choices.start.variables.reduce((bits, v) => bits | (1 << v), 0);
  }

  /** Whether a match may begin with a row whose conditions are these bits. */
  mayStart(conditions: number): boolean {
    return (conditions & this.#startBits) !== 0;
  }

  /** Begins an attempt with its first row, whose slot is given. */
  begin(attempt: Attempt, slot: number): void {
    attempt.found = -1;
    this.#followAll(attempt, this.#choices.start, 0, 0, -1, slot);
    this.#takeNext(attempt);
  }

  /** Goes on with the next row. */
  advance(attempt: Attempt, slot: number): void {
    const { ways } = attempt;
    for (let i = 0; i < ways.length; i += wayWidth) {
      const variable = ways[i] as number;
      const count = ways[i + 1] as number;
      const taken = ways[i + 3] as number;
      const isCut =
        ways[i + 2] === 1
          ? this.#follow(attempt, variable, count, taken, slot)
          : this.#followAll(
              attempt,
              this.#choices.at(variable, count),
              variable,
              count,
              taken,
              slot,
            );
      if (isCut) break;
    }
    this.#takeNext(attempt);
  }

  /** Ends an attempt, as no row can go on with it. */
  end(attempt: Attempt): void {
    const { ways } = attempt;
    for (let i = 0; i < ways.length && this.#absent >= 0; i += wayWidth) {
      const variable = ways[i] as number;
      const isWhole =
        variable === this.#absent ||
        (ways[i + 2] === 0 &&
          this.#choices.at(variable, ways[i + 1] as number).variables.includes(this.#absent));
      if (!isWhole) continue;
      attempt.found = ways[i + 3] as number;
      break;
    }
    ways.length = 0;
  }

  /** The ways that were gone along; the array of the old ones is used again. */
  #takeNext(attempt: Attempt): void {
    const old = attempt.ways;
    attempt.ways = this.#next;
    old.length = 0;
    this.#next = old;
    if (attempt.ways.length <= limits.patternWaysMax * wayWidth) return;
    const operatorId = this.#operatorId;
    const limit = `${limits.patternWaysMax} ways from one row through the pattern`;
    throw millraceError("RUN_STATE_TOO_LARGE", { operatorId, limit }, { where: { operatorId } });
  }

  /** Follows choices in order; true where a match was found, which all others are behind. */
  #followAll(
    attempt: Attempt,
    { variables }: Choices,
    variable: number,
    count: number,
    taken: number,
    slot: number,
  ): boolean {
    for (let i = 0; i < variables.length; i += 1) {
      const each = variables[i] as number;
      const own = each === variable ? count : 0;
      if (this.#follow(attempt, each, own, taken, slot)) return true;
    }
    return false;
  }

  #follow(
    attempt: Attempt,
    variable: number,
    count: number,
    before: number,
    slot: number,
  ): boolean {
    if (variable === this.#absent) {
      const isOver = this.#conditions.isForbidden(variable, before, slot, this.#rows);
      if (!isOver) this.#push(variable, 0, 1, before);
      return false;
    }
    const taken = this.#conditions.take(variable, before, slot, this.#rows);
    if (taken >= 0) {
      const counted = this.#choices.counted(variable, count + 1);
      const { variables, isMatch } = this.#choices.at(variable, counted);
      if (variables.length > 0) this.#push(variable, counted, 0, taken);
      if (isMatch) attempt.found = taken;
      return isMatch;
    }
    // The first row of a match is one that a variable takes.
    const passes = this.#isRelaxed[variable] === true && before >= 0;
    if (passes && !this.#conditions.isForbidden(variable, before, slot, this.#rows)) {
      this.#push(variable, count, 1, before);
    }
    return false;
  }

  #push(variable: number, count: number, isWaiting: number, taken: number): void {
    const next = this.#next;
    if (this.#conditions.isMemoryless) {
      for (let i = 0; i < next.length; i += wayWidth) {
        if (next[i] !== variable || next[i + 1] !== count || next[i + 2] !== isWaiting) continue;
        return;
      }
    }
    next.push(variable, count, isWaiting, taken);
  }
}
