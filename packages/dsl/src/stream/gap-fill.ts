import {
  type DataType,
  type Duration,
  findField,
  formatDataType,
  quote,
  withNullable,
} from "@millrace/core";
import {
  checkGrid,
  type GapFill,
  type GapFillNode,
  type GapFillSpec,
  type GridTime,
  type GridUpTo,
} from "@millrace/plan";
import { literalValue, unknownLiteral, unknownType } from "../expression/literal.ts";
import { reportProblem } from "../expression/scope.ts";
import { expectLinear } from "./grid-values.ts";
import { checkedUpTo } from "./resample.ts";
import type { StepInput } from "./step-input.ts";
import { knownNames } from "./step-columns.ts";
import { alignedWindowOf } from "./step-of.ts";

/** Options of `gapFill`, as they are at run time. */
export interface GapFillArguments {
  readonly every?: Duration;
  readonly maxGap: Duration;
  readonly time?: string;
  readonly upTo?: GridUpTo;
  readonly fill?: Readonly<Record<string, unknown>>;
}

/** The node of a filling of gaps; what is wrong with it is reported. */
export function gapFillNode(
  step: string,
  id: string,
  input: StepInput,
  options: GapFillArguments,
): GapFillNode {
  const { node } = input;
  const { maxGap: maxGapMs } = options;
  const upTo = checkedUpTo(step, options.upTo);
  const grid =
    options.time === undefined
      ? windowGrid(step, input, options.every)
      : columnGrid(step, input, options.time, options.every);
  const problem = checkGrid(step, { everyMs: grid.everyMs, maxGapMs });
  if (problem !== undefined) throw problem;
  const fills = fillsOf(step, input, grid.times, options);
  const kept = new Set([
    ...node.keys,
    ...grid.times.map(({ column }) => column),
    ...fills.map(({ column }) => column),
  ]);
  const fields = node.schema.fields.map(({ name, type }) => ({
    name,
    type: kept.has(name) || type === unknownType ? type : withNullable(type, true),
  }));
  const base = { inputs: [node.id], schema: { fields }, keys: node.keys, id } as const;
  return { ...base, kind: "gapFill", ...grid, maxGapMs, upTo, fills };
}

type Grid = Pick<GapFillSpec, "everyMs" | "anchorMs" | "times">;

/** The windows above: a row's event time is the last instant of its window. */
function windowGrid(step: string, { draft, node }: StepInput, every?: Duration): Grid {
  const window = alignedWindowOf(draft, node);
  const hasColumns = ["windowStart", "windowEnd"].every(
    (name) => findField(node.schema, name)?.type.kind === "timestamp",
  );
  if (window === undefined || !hasColumns) {
    const reason = "only after a tumbling or hopping window are they known";
    refuse(`${step}: give every, and the column of the time; ${reason}`);
    return { everyMs: every ?? 1, anchorMs: 0, times: [] };
  }
  const { sizeMs, slideMs, offsetMs } = window;
  if (every !== undefined && every !== slideMs) {
    refuse(`${step}: every is ${slideMs} ms, as of the window above; leave it out`);
  }
  const times = [
    { column: "windowStart", shiftMs: 1 - sizeMs },
    { column: "windowEnd", shiftMs: 1 },
  ];
  return { everyMs: slideMs, anchorMs: offsetMs + sizeMs - 1, times };
}

function columnGrid(step: string, { node }: StepInput, time: string, every?: Duration): Grid {
  const [known] = knownNames(step, node.schema, [time]);
  const type = known === undefined ? undefined : findField(node.schema, known)?.type;
  const isTime = type?.kind === "timestamp" && type.unit === "ms";
  if (type !== undefined && type !== unknownType && !isTime) {
    const expected = `a timestamp for ${time}`;
    reportProblem("PLAN_TYPE_MISMATCH", { step, expected, actual: formatDataType(type) });
  }
  if (node.keys.includes(time)) refuse(`${step}: ${time} is a key, and cannot be the time`);
  if (every === undefined) refuse(`${step}: give every, the time between rows`);
  return { everyMs: every ?? 1, anchorMs: 0, times: [{ column: time, shiftMs: 0 }] };
}

function fillsOf(
  step: string,
  { node }: StepInput,
  times: readonly GridTime[],
  { fill = {}, upTo }: GapFillArguments,
): GapFillSpec["fills"] {
  return knownNames(step, node.schema, Object.keys(fill)).flatMap((column) => {
    const type = findField(node.schema, column)?.type ?? unknownType;
    if (node.keys.includes(column)) refuse(`${step}: ${column} is a key, and is not filled`);
    if (times.some((time) => time.column === column)) {
      refuse(`${step}: ${column} is the time, and is not filled`);
    }
    if (fill[column] === "linear" && upTo === "watermark") {
      const reason = "up to the watermark there is no next row";
      refuse(`${step}: ${reason}, and ${column} is filled by linear`);
    }
    const found = fillOf(step, column, type, fill[column]);
    return found === undefined ? [] : [{ column, fill: found }];
  });
}

function fillOf(step: string, name: string, type: DataType, fill: unknown): GapFill | undefined {
  switch (fill) {
    case "null":
      return undefined;
    case "previous":
      return { by: "previous" };
    case "linear":
      expectLinear(type, name);
      return { by: "linear" };
    default:
      return { by: "constant", value: constantOf(step, name, type, fill) };
  }
}

function constantOf(
  step: string,
  name: string,
  type: DataType,
  fill: unknown,
): Extract<GapFill, { by: "constant" }>["value"] {
  if (type === unknownType) return unknownLiteral;
  const isWrapped = typeof fill === "object" && fill !== null && "value" in fill;
  const value: unknown = isWrapped ? fill.value : fill;
  const json = typeof value === "string" && !isWrapped ? undefined : literalValue(value, type);
  if (json !== undefined && json !== null) return { kind: "literal", value: json, type };
  const expected = `null, previous, linear or a constant of ${formatDataType(type)} for ${name}`;
  reportProblem("PLAN_TYPE_MISMATCH", { step, expected, actual: textOf(value) });
  return unknownLiteral;
}

function textOf(value: unknown): string {
  return typeof value === "object" || typeof value === "bigint" ? String(value) : quote(value);
}

function refuse(problem: string): void {
  reportProblem("PLAN_ARGUMENT_INVALID", { problem });
}
