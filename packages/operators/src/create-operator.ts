import { assert, type Operator, type RowSchema } from "@millrace/core";
import type { StageOperator } from "@millrace/plan";
import { LookupOperator } from "./async/lookup.ts";
import { MapAsyncOperator } from "./async/map-async.ts";
import { ChangesOperator } from "./changes.ts";
import { DeduplicateOperator } from "./deduplicate/deduplicate.ts";
import { DetectOperator } from "./detect.ts";
import { FilterProjectOperator } from "./filter-project.ts";
import { ForecastOperator } from "./forecast.ts";
import { GapFillOperator } from "./grid/gap-fill.ts";
import { InterpolateOperator } from "./grid/interpolate.ts";
import { ResampleOperator } from "./grid/resample.ts";
import { AsOfJoinOperator } from "./join/as-of-join.ts";
import { IntervalJoinOperator } from "./join/interval-join.ts";
import { JoinOperator } from "./join/join.ts";
import { LookupTableOperator } from "./join/lookup-table.ts";
import { WindowJoinOperator } from "./join/window-join.ts";
import type { OperatorContext } from "./operator-context.ts";
import { OverOperator } from "./over/over.ts";
import { PatternOperator } from "./pattern/pattern.ts";
import { ProcessOperator } from "./process/process.ts";
import { TopRowsOperator } from "./rank/top-rows.ts";
import { RowFunctionOperator } from "./row-function.ts";
import { RetimeOperator } from "./retime.ts";
import { SampleOperator } from "./sample.ts";
import { UnionOperator } from "./union.ts";
import { RunningAggregateOperator } from "./updating/running-aggregate.ts";
import { PreAggregateOperator } from "./window/pre-aggregate.ts";
import { createWindowAggregate } from "./window/create-window-aggregate.ts";

/**
 * A fresh operator for a physical spec, with empty state.
 *
 * @throws MillraceError `PLAN_FUNCTION_LOST` when a user function is not in the context
 */
export function createOperator(operator: StageOperator, context: OperatorContext): Operator {
  const { spec } = operator;
  const [input] = operator.inputSchemas;
  assert(input !== undefined, "an operator has an input");
  const schemas = { input, output: operator.outputSchema };
  switch (spec.kind) {
    case "filterProject":
      return new FilterProjectOperator(spec, schemas.output);
    case "rowFunction":
      return new RowFunctionOperator(spec, schemas, context);
    case "mapAsync":
      return new MapAsyncOperator(spec, schemas, context);
    case "lookup":
      return new LookupOperator(spec, schemas, context);
    case "windowAggregate":
      return createWindowAggregate(spec, schemas, context);
    case "preAggregate":
      return new PreAggregateOperator(spec, schemas, context);
    case "over":
      return new OverOperator(spec, schemas, context.operatorId);
    case "resample":
      return new ResampleOperator(spec, schemas, context.operatorId);
    case "gapFill":
      return new GapFillOperator(spec, schemas, context.operatorId);
    case "interpolate":
      return new InterpolateOperator(spec, schemas.input, context.operatorId);
    case "deduplicate":
      return new DeduplicateOperator(spec, schemas.input, context.operatorId);
    case "intervalJoin":
      return new IntervalJoinOperator(spec, joinSchemas(operator), context.operatorId);
    case "join":
      return new JoinOperator(spec, joinSchemas(operator), context.operatorId);
    case "windowJoin":
      return new WindowJoinOperator(spec, joinSchemas(operator), context.operatorId);
    case "lookupTable":
      return new LookupTableOperator(spec, joinSchemas(operator), context.operatorId);
    case "asOfJoin":
      return new AsOfJoinOperator(spec, joinSchemas(operator), context.operatorId);
    case "detect":
      return new DetectOperator(spec, schemas, context);
    case "forecast":
      return new ForecastOperator(spec, schemas, context);
    case "runningAggregate":
      return new RunningAggregateOperator(spec, schemas, context);
    case "topRows":
      return new TopRowsOperator(spec, schemas, context.operatorId);
    case "changes":
      return new ChangesOperator(schemas);
    case "process":
      return new ProcessOperator(spec, schemas, context);
    case "pattern":
      return new PatternOperator(spec, schemas, context.operatorId);
    case "retime":
      return new RetimeOperator(spec);
    case "sample":
      return new SampleOperator(spec);
    case "union":
      return new UnionOperator(schemas.output, spec.isUpdating === true);
  }
}

function joinSchemas(operator: StageOperator): {
  readonly inputs: readonly RowSchema[];
  readonly output: RowSchema;
} {
  return { inputs: operator.inputSchemas, output: operator.outputSchema };
}
