import { batchSchema, columnOf, makeBatch, rowsToBatch, sliceRows } from "@millrace/columnar";
import {
  expectSameRows,
  foldByKey,
  foldChanges,
  MemoryStore,
  type OutputRow,
  rowsOf,
  rowsSource,
} from "@millrace/conformance";
import { type Connector, systemClock } from "@millrace/core";
import { openMemoryLog } from "@millrace/log";
import { planPipeline } from "@millrace/planner";
import { Run } from "@millrace/runtime";
import fc from "fast-check";
import { instant } from "millrace";
import { expect, test } from "vitest";
import { createOperatorWithModels } from "../../src/run/registries.ts";
import {
  generatedPipeline,
  generatedSteps,
  type GeneratedStep,
  Ride,
} from "./generated-pipeline.ts";

const rides: Ride[] = Array.from({ length: 600 }, (_, index) => ({
  at: instant(index * 60_000 - ((index * 7919) % 900_000)),
  city: ["Bern", "Oslo", "Rome", "Wien", "Łódź"][(index * 7) % 5] ?? "",
  km: ((index * 31) % 400) / 8,
  seats: index % 11 === 0 ? null : index % 4,
}));

function ridesSource(partitions: number): Connector {
  return rowsSource({
    partitions: Array.from({ length: partitions }, (_, partition) =>
      rowsToBatch(
        Ride.schema,
        rides.filter((_ride, index) => index % partitions === partition),
      ),
    ),
    take: (batch, { from, to }, columns) => {
      const rows = sliceRows(batch, from, to);
      const fields = columns.map((name) => Ride.schema.fields.find((f) => f.name === name)!);
      const data = columns.map((name) => columnOf(rows, name));
      return makeBatch(batchSchema(fields), data, rows.numRows);
    },
  });
}

/** The rows of every sink, by its id. */
async function rowsWritten(
  steps: readonly GeneratedStep[],
  settings: { readonly partitions: number; readonly isOptimized: boolean },
): Promise<Map<string, OutputRow[]>> {
  const { pipeline, sinks } = generatedPipeline(steps);
  const planned = planPipeline(pipeline.build(), { ...settings, parameters: {} });
  const store = new MemoryStore();
  const log = openMemoryLog();
  const { functions, validators } = planned.logical;
  const run = new Run(
    { physical: planned.physical, functions, validators },
    {
      log,
      clock: systemClock,
      connectors: {
        rides: () => Promise.resolve(ridesSource(settings.partitions)),
        store: () => Promise.resolve(store.connector()),
      },
      createOperator: createOperatorWithModels,
    },
    { batchRows: 100, isFresh: true },
  );
  await run.finished;
  await log.close();
  const standing = [...sinks].map(([id, updatesKey]) => {
    const rows = store.batches(id).flatMap(rowsOf);
    return [id, standingRows(rows, updatesKey)] as const;
  });
  return new Map(standing);
}

/** Whether the source is told what need not be read, which it ignores. */
function isHinted(steps: readonly GeneratedStep[], partitions: number): boolean {
  const settings = { partitions, isOptimized: true, parameters: {} };
  const { physical } = planPipeline(generatedPipeline(steps).pipeline.build(), settings);
  const inputs = physical.stages.flatMap((stage) => stage.inputs);
  return inputs.some((input) => input.kind === "source" && input.skipping !== undefined);
}

/** Window aggregations whose rows are put together before they move. */
function putTogether(steps: readonly GeneratedStep[], partitions: number): number {
  const settings = { partitions, isOptimized: true, parameters: {} };
  const { optimized } = planPipeline(generatedPipeline(steps).pipeline.build(), settings);
  return optimized.nodes.filter(({ kind }) => kind === "preAggregate").length;
}

/** What a sink has in the end. */
function standingRows(
  rows: readonly OutputRow[],
  updatesKey: readonly string[] | undefined,
): OutputRow[] {
  if (updatesKey === undefined) return rows.map(visibleColumns);
  return updatesKey.length === 0 ? foldChanges(rows) : foldByKey(rows, updatesKey);
}

function visibleColumns(row: OutputRow): OutputRow {
  return Object.fromEntries(Object.entries(row).filter(([name]) => !name.startsWith("$")));
}

test.each([1, 3])(
  "rules change no result of generated pipelines (%i partitions)",
  async (partitions) => {
    let written = 0;
    let writtenByKey = 0;
    let hints = 0;
    let partial = 0;
    const law = fc.asyncProperty(generatedSteps, async (steps) => {
      const plain = await rowsWritten(steps, { partitions, isOptimized: false });
      const optimized = await rowsWritten(steps, { partitions, isOptimized: true });
      if (isHinted(steps, partitions)) hints += 1;
      partial += putTogether(steps, partitions);
      for (const [sink, expected] of plain) {
        written += expected.length;
        const updatesKey = generatedPipeline(steps).sinks.get(sink) ?? [];
        if (updatesKey.length > 0) writtenByKey += expected.length;
        expectSameRows(optimized.get(sink) ?? [], expected, 1e-12);
      }
    });
    await fc.assert(law, { seed: 20, numRuns: 120 });
    expect(written).toBeGreaterThan(10_000);
    expect(writtenByKey).toBeGreaterThan(20);
    expect(hints).toBeGreaterThan(0);
    if (partitions > 1) expect(partial).toBeGreaterThan(2);
    else expect(partial).toBe(0);
  },
  120_000,
);
