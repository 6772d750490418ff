import type { LogicalNode } from "@millrace/plan";
import { asOfJoinStep } from "./as-of-join.ts";
import { broadcastStep } from "./broadcast.ts";
import { changesStep } from "./changes.ts";
import { deduplicateStep } from "./deduplicate.ts";
import { detectStep } from "./detect.ts";
import { forecastStep } from "./forecast.ts";
import { gapFillStep } from "./gap-fill.ts";
import { interpolateStep } from "./interpolate.ts";
import { intervalJoinStep } from "./interval-join.ts";
import { joinStep } from "./join.ts";
import { keyByStep } from "./key-by.ts";
import { lateStep } from "./late.ts";
import { lookupStep } from "./lookup.ts";
import { lookupTableStep } from "./lookup-table.ts";
import { mapAsyncStep } from "./map-async.ts";
import { overStep } from "./over.ts";
import { patternStep } from "./pattern.ts";
import { preAggregateStep } from "./pre-aggregate.ts";
import { processStep } from "./process.ts";
import { projectStep } from "./project.ts";
import { runningAggregateStep } from "./running-aggregate.ts";
import { resampleStep } from "./resample.ts";
import { retimeStep } from "./retime.ts";
import { sampleStep } from "./sample.ts";
import { sideStep } from "./side.ts";
import { sinkStep } from "./sink.ts";
import { sourceStep } from "./source.ts";
import type { Step } from "./step.ts";
import { topRowsStep } from "./top-rows.ts";
import { unionStep } from "./union.ts";
import { filterStep, flatMapStep, mapStep } from "./user-function.ts";
import { whereStep } from "./where.ts";
import { windowAggregateStep } from "./window-aggregate.ts";
import { windowJoinStep } from "./window-join.ts";

/** What the planner knows of each kind of step. */
const steps: { readonly [Kind in LogicalNode["kind"]]: Step<Kind> } = {
  source: sourceStep,
  where: whereStep,
  project: projectStep,
  filter: filterStep,
  map: mapStep,
  flatMap: flatMapStep,
  union: unionStep,
  retime: retimeStep,
  sample: sampleStep,
  keyBy: keyByStep,
  windowAggregate: windowAggregateStep,
  preAggregate: preAggregateStep,
  over: overStep,
  resample: resampleStep,
  gapFill: gapFillStep,
  interpolate: interpolateStep,
  late: lateStep,
  process: processStep,
  mapAsync: mapAsyncStep,
  lookup: lookupStep,
  side: sideStep,
  pattern: patternStep,
  deduplicate: deduplicateStep,
  intervalJoin: intervalJoinStep,
  join: joinStep,
  windowJoin: windowJoinStep,
  asOfJoin: asOfJoinStep,
  broadcast: broadcastStep,
  lookupTable: lookupTableStep,
  runningAggregate: runningAggregateStep,
  topRows: topRowsStep,
  changes: changesStep,
  detect: detectStep,
  forecast: forecastStep,
  sink: sinkStep,
};

/** The step of a node's kind; its functions take that node. */
export function stepFor(node: LogicalNode): Step<LogicalNode["kind"]> {
  // The table is by kind, so the step of a node's kind takes the node; a union cannot say that.
  return steps[node.kind] as unknown as Step<LogicalNode["kind"]>;
}
