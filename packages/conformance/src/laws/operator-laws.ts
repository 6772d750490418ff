import { hiddenColumns, type Operator, type StateTable } from "@millrace/core";
import { type RecordBatch, Table, tableFromIPC, tableToIPC } from "apache-arrow";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { collectOutput, type CollectedOutput, type OutputRow } from "./collect-output.ts";
import { areChanges, foldChanges } from "./fold-changes.ts";
import { expectSameRows } from "./same-rows.ts";

/** Rows, then a watermark that none of the rows after it is before. */
export interface OperatorSegment {
  readonly rows: RecordBatch;
  readonly watermark: number;
  /** Which of the operator's inputs the rows come from; default 0. */
  readonly input?: number;
}

/** What the laws need to know of an operator. */
export interface OperatorLawsOptions {
  readonly name: string;
  create(): Operator;
  /** Segments in order; the laws end each run with the watermark +Infinity. */
  readonly segments: fc.Arbitrary<readonly OperatorSegment[]>;
  /** Rows of a batch by index (`takeRows` of columnar). */
  takeRows(batch: RecordBatch, rows: Int32Array, count: number): RecordBatch;
  /** Whether rows may come in any order between watermarks. Default true. */
  readonly isPermutable?: boolean;
  /** For fractions; default 1e-9. */
  readonly relativeTolerance?: number;
  readonly runs?: number;
  readonly seed?: number;
}

type Feed = (
  operator: Operator,
  segments: readonly OperatorSegment[],
  out: CollectedOutput,
) => void;

/** Waits for all rows in flight, as a task does before it commits. */
async function settle(operator: Operator, out: CollectedOutput): Promise<void> {
  const { inFlight } = operator;
  if (inFlight === undefined) return;
  while (inFlight.rows > 0) {
    await inFlight.ready();
    inFlight.deliver(out);
  }
}

const feedWhole: Feed = (operator, segments, out) => {
  for (const { rows, watermark, input } of segments) {
    operator.process(rows, out, input ?? 0);
    operator.advanceWatermark(watermark, out);
  }
};

function expectBalance(operator: Operator): void {
  const { rowsIn, accepted, filtered, late, deadLettered } = operator.counts;
  expect(accepted + filtered + late + deadLettered).toBe(rowsIn);
}

/** Rows before a cut, then after, by index. */
function piecesOf(options: OperatorLawsOptions, rows: RecordBatch, size: number): RecordBatch[] {
  const pieces: RecordBatch[] = [];
  for (let from = 0; from < rows.numRows; from += size) {
    const count = Math.min(size, rows.numRows - from);
    const indexes = Int32Array.from({ length: count }, (_, i) => from + i);
    pieces.push(options.takeRows(rows, indexes, count));
  }
  return pieces;
}

/** What a batch is after a stay in the changelog. */
function throughIpc(batch: RecordBatch): RecordBatch {
  const back = tableFromIPC(tableToIPC(new Table(batch), "stream")).batches[0];
  if (back === undefined) throw new Error("a state batch has rows");
  return back;
}

interface Changelog {
  readonly rows: Map<string, RecordBatch[]>;
}

function append(log: Changelog, table: StateTable, batches: readonly RecordBatch[]): void {
  const kept = log.rows.get(table.name) ?? [];
  log.rows.set(table.name, [...kept, ...batches.map(throughIpc)]);
}

function restore(operator: Operator, log: Changelog, watermark: number): void {
  for (const table of operator.state) {
    const rows = log.rows.get(table.name) ?? [];
    // Twice, because a snapshot and a delta may hold the same rows.
    for (const batch of [...rows, ...rows]) table.restore(batch);
  }
  for (const table of operator.state) table.restored(watermark);
}

/** Runs to a cut, as a worker that dies there; goes on with a fresh operator from the changelog. */
async function runWithRestart(
  options: OperatorLawsOptions,
  segments: readonly OperatorSegment[],
  cut: number,
  snapshotAt: number,
): Promise<CollectedOutput> {
  const out = collectOutput();
  const log: Changelog = { rows: new Map() };
  const first = options.create();
  let watermark = -Infinity;
  for (const [at, segment] of segments.slice(0, cut).entries()) {
    feedWhole(first, [segment], out);
    await settle(first, out);
    watermark = segment.watermark;
    for (const table of first.state) {
      const delta = table.takeDelta();
      if (at === snapshotAt) {
        log.rows.delete(table.name);
        append(log, table, [...table.snapshot(0, 100), ...table.snapshot(100, 240)]);
      }
      append(log, table, delta);
    }
  }
  const second = options.create();
  restore(second, log, watermark);
  feedWhole(second, segments.slice(cut), out);
  await settle(second, out);
  expectBalance(second);
  return out;
}

/**
 * Holds an operator to what its order class promises: batching, restarts, the order of rows and the
 * steps in which the watermark comes change nothing. Changes of an updating stream are compared
 * after folding.
 */
export function operatorLaws(options: OperatorLawsOptions): void {
  const tolerance = options.relativeTolerance ?? 1e-9;
  const parameters = { seed: options.seed ?? 1, numRuns: options.runs ?? 50 };
  const run = async (
    segments: readonly OperatorSegment[],
    feed: Feed = feedWhole,
  ): Promise<CollectedOutput> => {
    const operator = options.create();
    const out = collectOutput();
    feed(operator, segments, out);
    operator.advanceWatermark(Infinity, out);
    await settle(operator, out);
    expectBalance(operator);
    expect(operator.counts.rowsOut).toBe(out.rows.length);
    return out;
  };
  const expectSame = (actual: CollectedOutput, expected: CollectedOutput): void =>
    expectSameOutput(actual, expected, tolerance);

  describe(`${options.name} keeps the laws of operators`, () => {
    test("batching does not change the output", async () => {
      const law = fc.asyncProperty(
        options.segments,
        fc.integer({ min: 1, max: 7 }),
        async (segments, size) => {
          expectSame(await run(segments, inPieces(options, size)), await run(segments));
        },
      );
      await fc.assert(law, parameters);
    });

    test("a restart from the changelog does not change the output", async () => {
      const law = fc.asyncProperty(
        options.segments,
        fc.nat(),
        fc.nat(),
        async (segments, cut, snapshot) => {
          const all = ended(options, segments);
          const at = cut % (all.length + 1);
          const restarted = await runWithRestart(options, all, at, snapshot % (all.length + 1));
          expectSame(restarted, await run(segments));
        },
      );
      await fc.assert(law, parameters);
    });

    test("the steps in which the watermark comes do not change the output", async () => {
      const law = fc.asyncProperty(
        options.segments,
        fc.nat({ max: 255 }),
        async (segments, skipped) => {
          expectSame(await run(segments, coarsely(skipped)), await run(segments));
        },
      );
      await fc.assert(law, parameters);
    });

    test.runIf(options.isPermutable !== false)(
      "the order of rows does not change the output",
      async () => {
        const law = fc.asyncProperty(options.segments, fc.integer(), async (segments, seed) => {
          expectSame(await run(shuffled(options, segments, seed)), await run(segments));
        });
        await fc.assert(law, parameters);
      },
    );
  });
}

function expectSameOutput(
  actual: CollectedOutput,
  expected: CollectedOutput,
  tolerance: number,
): void {
  expectSameRows(settled(actual.rows), settled(expected.rows), tolerance);
  expectSameRows(actual.late, expected.late, tolerance);
  expect(Object.keys(actual.sides).sort()).toEqual(Object.keys(expected.sides).sort());
  for (const [name, rows] of Object.entries(actual.sides)) {
    expectSameRows(rows, expected.sides[name] ?? [], tolerance);
  }
  expect(actual.deadLetters.length).toBe(expected.deadLetters.length);
}

/** The segments, and one that ends the input. */
function ended(
  options: OperatorLawsOptions,
  segments: readonly OperatorSegment[],
): readonly OperatorSegment[] {
  const empty = segments[0];
  if (empty === undefined) return segments;
  const none = options.takeRows(empty.rows, new Int32Array(0), 0);
  return [...segments, { ...empty, rows: none, watermark: Infinity }];
}

/**
 * Changes are compared by what stands after them; other rows as they are, where a `$watermark` of
 * null says the same as none.
 */
function settled(rows: readonly OutputRow[]): readonly OutputRow[] {
  if (areChanges(rows)) return foldChanges(rows);
  return rows.map((row) => {
    if (row[hiddenColumns.watermark] !== null) return row;
    const { [hiddenColumns.watermark]: _, ...rest } = row;
    return rest;
  });
}

/** Gives the rows of each segment in batches of `size`. */
function inPieces(options: OperatorLawsOptions, size: number): Feed {
  return (operator, all, out) => {
    for (const { rows, watermark, input } of all) {
      for (const piece of piecesOf(options, rows, size)) operator.process(piece, out, input ?? 0);
      operator.advanceWatermark(watermark, out);
    }
  };
}

/** Leaves out the watermarks that the low eight bits of `skipped` name, but never the last. */
function coarsely(skipped: number): Feed {
  return (operator, all, out) => {
    for (const [at, { rows, watermark, input }] of all.entries()) {
      operator.process(rows, out, input ?? 0);
      const isSkipped = ((skipped >> (at % 8)) & 1) === 1 && at < all.length - 1;
      if (!isSkipped) operator.advanceWatermark(watermark, out);
    }
  };
}

/** The segments with the rows of each in another order. */
function shuffled(
  options: OperatorLawsOptions,
  segments: readonly OperatorSegment[],
  seed: number,
): OperatorSegment[] {
  return segments.map((segment) => {
    const { rows } = segment;
    const order = permutation(rows.numRows, seed);
    return { ...segment, rows: options.takeRows(rows, order, rows.numRows) };
  });
}

/** A permutation of 0 … count − 1 that depends on the seed alone. */
function permutation(count: number, seed: number): Int32Array {
  const rank = (i: number): number => Math.imul(i ^ seed, 0x9e3779b1) >>> 0;
  return Int32Array.from({ length: count }, (_, i) => i).sort((a, b) => rank(a) - rank(b) || a - b);
}
