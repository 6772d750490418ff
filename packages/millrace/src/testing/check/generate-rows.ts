import { assertUserInput } from "@millrace/core";
import type { LogicalPlan, SourceNode } from "@millrace/plan";
import type { sample } from "fast-check";
import type { arbitraryRowOf } from "../arbitrary.ts";
import type { PartitionedRows } from "./given-rows.ts";

/** What rows are made of. */
export interface GenerateOptions {
  /** Rows of each source. */
  readonly rows: number;
  readonly partitions: number;
  /** The same seed gives the same rows. */
  readonly seed: number;
}

const startMs = Date.UTC(2026, 0);
const stepMs = 15_000;

/**
 * Makes rows for every source by its row type; event times ascend, up to the disorder that the
 * source allows.
 *
 * @throws PLAN_ARGUMENT_INVALID where fast-check is not installed
 */
export async function generateRows(
  logical: LogicalPlan,
  { rows, partitions, seed }: GenerateOptions,
): Promise<Map<string, PartitionedRows>> {
  const arbitrary = await loadArbitrary();
  const sources = logical.nodes.filter((node): node is SourceNode => node.kind === "source");
  return new Map(
    sources.map((source) => {
      const made = arbitrary.sample(arbitrary.arbitraryRowOf(source.rowSchema ?? source.schema), {
        numRuns: rows,
        seed: seed + source.sourceIndex,
      });
      const timed = made.map((row, index) => withTime(source, row, index));
      const parts = Array.from({ length: partitions }, (_, part) =>
        timed.filter((_row, index) => index % partitions === part),
      );
      return [source.id, parts] as const;
    }),
  );
}

/** What is used of fast-check. */
interface Loaded {
  readonly sample: typeof sample;
  readonly arbitraryRowOf: typeof arbitraryRowOf;
}

async function loadArbitrary(): Promise<Loaded> {
  try {
    const [library, arbitrary] = await Promise.all([
      import("fast-check"),
      import("../arbitrary.ts"),
    ]);
    return { sample: library.sample, arbitraryRowOf: arbitrary.arbitraryRowOf };
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === "ERR_MODULE_NOT_FOUND";
    assertUserInput(!isMissing, "--fuzz needs the package fast-check: npm i fast-check");
    throw error;
  }
}

/** Event times that are a column of the row follow each other, with some that come too late. */
function withTime(
  { eventTime, outOfOrdernessMs }: SourceNode,
  row: Record<string, unknown>,
  index: number,
): Record<string, unknown> {
  if (eventTime?.kind !== "column") return row;
  const drawn = row[eventTime.name];
  if (typeof drawn !== "number") return row;
  // Half of the disorder is more than is allowed.
  const disorder = drawn % (2 * outOfOrdernessMs + 1);
  return { ...row, [eventTime.name]: startMs + index * stepMs - disorder };
}
