import {
  type Collector,
  limits,
  millraceError,
  type Operator,
  type OperatorCounts,
  operatorCounts,
  type RowSchema,
  type StateTable,
} from "@millrace/core";
import type { PatternSpec } from "@millrace/plan";
import type { RecordBatch } from "apache-arrow";
import { OrderedInput } from "../series/ordered-input.ts";
import { Conditions } from "./conditions.ts";
import { KeptRows } from "./kept-rows.ts";
import { MatchOutput } from "./match-output.ts";
import { Matcher } from "./matcher.ts";
import { PatternKeys } from "./pattern-keys.ts";
import { FirstRows, MatchedStarts, type PatternParts, PatternRows } from "./pattern-state.ts";

/**
 * Finds rows of a key that follow each other in event order as a pattern says, and gives one row
 * for each match, as SQL's MATCH_RECOGNIZE with ONE ROW PER MATCH.
 *
 * A match is given out when it is certain: when no row to come can make one that is preferred, at
 * the latest when the watermark is more than `within` after its first row. Of all ways to match
 * from a row, the first in order of preference counts; where the search goes on after it, `skip`
 * says.
 *
 * **Shape** keys, columns, `$time` of the match's last row, lineage of its first row
 * **State** rows that wait for the watermark; rows that a match may still need, at most
 *   `limits.patternRowsMax`, and the ways through them, see `Search`
 * **Cost**  O(rows) for what rows decide by themselves; beyond that O(ways) for rows of keys in
 *   which a match may have begun
 * **Nulls** a null key is a key of its own; a condition that is null is not satisfied
 * **Source** SQL:2016, row pattern recognition (ISO/IEC 19075-5)
 *
 * @throws MillraceError `RUN_STATE_TOO_LARGE`, `RUN_PATTERN_LOOPS`, `RUN_SUM_OVERFLOW`
 */
export class PatternOperator implements Operator {
  readonly counts: OperatorCounts = operatorCounts();
  readonly state: readonly StateTable[];
  readonly #input: OrderedInput;
  readonly #parts: PatternParts;
  readonly #output: MatchOutput;

  /** @param rowsMax rows that may be kept at most */
  constructor(
    spec: PatternSpec,
    schemas: { readonly input: RowSchema; readonly output: RowSchema },
    operatorId: string,
    rowsMax: number = limits.patternRowsMax,
  ) {
    const overflow = (column: string): never => {
      throw millraceError("RUN_SUM_OVERFLOW", { operatorId, column }, { where: { operatorId } });
    };
    this.#input = new OrderedInput(schemas.input, spec.keys, this.counts);
    const rows = new KeptRows();
    const keys = new PatternKeys(schemas.input, spec.keys, operatorId);
    const conditions = new Conditions(spec, rows, overflow);
    const matcher = new Matcher(spec, { rows, keys, conditions }, { operatorId, rowsMax });
    this.#parts = { rows, keys, conditions, matcher };
    this.#output = new MatchOutput(spec, schemas.output, overflow);
    const first = new FirstRows(this.#parts);
    this.state = [
      this.#input.buffer,
      first,
      new MatchedStarts(this.#parts),
      new PatternRows(this.#parts, first),
    ];
  }

  process(batch: RecordBatch, out: Collector): void {
    this.#input.add(batch, out);
  }

  advanceWatermark(watermark: number, out: Collector): void {
    const { matcher, rows, keys, conditions } = this.#parts;
    const batch = this.#input.buffer.takeBefore(watermark);
    if (batch !== undefined) matcher.add(batch);
    matcher.expire(watermark);
    const matches = this.#output.of(matcher.takeMatches(), { rows, keys, taken: conditions.taken });
    matcher.forget();
    if (matches === undefined) return;
    this.counts.rowsOut += matches.numRows;
    out.emit(matches);
  }
}
