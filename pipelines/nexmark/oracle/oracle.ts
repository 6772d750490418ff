import type { NexmarkQuery } from "../queries/query.ts";
import { Answers, type Comparison, type LateRule } from "./answers.ts";

/** How a run's result and its late rows differ from what DuckDB computes of the same records. */
export interface Verdict extends Comparison {
  /** Rows that should have been refused as late. */
  readonly lateExpected: number;
  /** The late rows themselves, where the run kept them. */
  readonly late?: Comparison;
  /** The changes of a corrected result, which are certain only where each row is a batch. */
  readonly changes?: Comparison;
}

/** Where a data set and the SQL are. */
export interface OracleOptions {
  /** Directory of the data set. */
  readonly directory: string;
  /** Directory of `queries.sql` and `late.sql`. */
  readonly sql: string;
  /** Whether records of the data set come too late. */
  readonly hasLate: boolean;
}

/** DuckDB's answers to the queries, for each query without the records that are late in it. */
export class Oracle {
  readonly #answers: ReadonlyMap<LateRule | undefined, Answers>;

  private constructor(answers: ReadonlyMap<LateRule | undefined, Answers>) {
    this.#answers = answers;
  }

  static async open({ directory, sql, hasLate }: OracleOptions): Promise<Oracle> {
    const rules: readonly (LateRule | undefined)[] = hasLate
      ? ["none", "record", "window"]
      : [undefined];
    const answers = new Map<LateRule | undefined, Answers>();
    for (const lateRule of rules) {
      const options = { directory, sql, ...(lateRule === undefined ? {} : { lateRule }) };
      answers.set(lateRule, await Answers.open(options));
    }
    return new Oracle(answers);
  }

  /** Compares the table of the query's name, and `late_…` where there is one, in a DuckDB file. */
  async judge({ name, lateRule }: NexmarkQuery, resultFile: string): Promise<Verdict> {
    const plain = this.#answers.get(undefined);
    if (plain !== undefined) return { ...(await plain.compare(name, resultFile)), lateExpected: 0 };
    const answers = this.#answers.get(lateRule ?? "none");
    if (answers === undefined) throw new Error(`no answers of the rule ${String(lateRule)}`);
    const comparison = await answers.compare(name, resultFile);
    const lateExpected = await answers.lateCount(name);
    const late = await answers.compareKept(`late_${name}`, resultFile);
    const changes = await answers.compareKept(`changes_${name}`, resultFile);
    return {
      ...comparison,
      lateExpected,
      ...(late === undefined ? {} : { late }),
      ...(changes === undefined ? {} : { changes }),
    };
  }

  close(): void {
    for (const answers of this.#answers.values()) answers.close();
  }
}
