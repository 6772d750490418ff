/** A row as the model sees it. */
export interface ModelRow {
  readonly key: string | null;
  readonly time: number;
  readonly partition: number;
  readonly offset: number;
  readonly n: number;
  readonly x: number | null;
}

/** A row that a variable has taken. */
export interface Taken {
  readonly variable: string;
  readonly row: ModelRow;
}

type Condition = (row: ModelRow, taken: readonly Taken[]) => boolean;

export interface ModelVariable {
  readonly name: string;
  readonly min: number;
  readonly max?: number;
  readonly isReluctant: boolean;
  readonly isRelaxed: boolean;
  /** The row is the last one of `taken` already. */
  readonly condition: Condition;
  /** The row is not in `taken`. */
  readonly unless: Condition;
}

export interface ModelPattern {
  readonly variables: readonly ModelVariable[];
  /** What no row after a match may satisfy. */
  readonly notFollowedBy?: Condition | undefined;
  readonly withinMs: number;
  readonly skip: { readonly kind: string; readonly variable?: string };
}

/** Where each way goes on: the next row, and what was taken. */
interface Way {
  readonly next: number;
  readonly taken: readonly Taken[];
}

/** All ways to match from a row on, in order of preference. */
function* waysFrom(
  pattern: ModelPattern,
  rows: readonly ModelRow[],
  place: { readonly variable: number; readonly count: number },
  way: Way,
): Generator<readonly Taken[]> {
  const { variable, count } = place;
  const current = pattern.variables[variable];
  if (current === undefined) {
    if (!isFollowed(pattern, rows, way)) yield way.taken;
    return;
  }
  const leave = function* (): Generator<readonly Taken[]> {
    if (count < current.min) return;
    yield* waysFrom(pattern, rows, { variable: variable + 1, count: 0 }, way);
  };
  if (current.isReluctant) yield* leave();
  if (count < (current.max ?? Infinity)) {
    const after = take(pattern, rows, current, way);
    if (after !== undefined) {
      yield* waysFrom(pattern, rows, { variable, count: count + 1 }, after);
    }
  }
  if (!current.isReluctant) yield* leave();
}

/** Whether a row after the match is one that must not be there. */
function isFollowed(
  { notFollowedBy, withinMs }: ModelPattern,
  rows: readonly ModelRow[],
  { next, taken }: Way,
): boolean {
  const first = taken[0]?.row.time ?? 0;
  const after = rows.slice(next).filter(({ time }) => time - first <= withinMs);
  return notFollowedBy !== undefined && after.some((row) => notFollowedBy(row, taken));
}

/** The way with one more row of a variable, if there is one. */
function take(
  pattern: ModelPattern,
  rows: readonly ModelRow[],
  variable: ModelVariable,
  { next, taken }: Way,
): Way | undefined {
  const first = taken[0]?.row;
  for (let at = next; at < rows.length; at += 1) {
    const row = rows[at] as ModelRow;
    if (first !== undefined && row.time - first.time > pattern.withinMs) return undefined;
    const withRow = [...taken, { variable: variable.name, row }];
    if (variable.condition(row, withRow)) return { next: at + 1, taken: withRow };
    if (!variable.isRelaxed || first === undefined || variable.unless(row, taken)) return undefined;
  }
  return undefined;
}

/**
 * All matches of the rows of one key in event order, by trying out: from each row the first way in
 * order of preference, then on from where `skip` says.
 */
export function naiveMatches(
  pattern: ModelPattern,
  rows: readonly ModelRow[],
): readonly (readonly Taken[])[] {
  const matches: (readonly Taken[])[] = [];
  let from = 0;
  while (from < rows.length) {
    const start = { variable: 0, count: 0 };
    const [found] = waysFrom(pattern, rows, start, { next: from, taken: [] });
    if (found === undefined) {
      from += 1;
      continue;
    }
    matches.push(found);
    const next = nextAfter(pattern, found, rows, from);
    if (next <= from) throw new Error("the search loops");
    from = next;
  }
  return matches;
}

function nextAfter(
  { skip }: ModelPattern,
  taken: readonly Taken[],
  rows: readonly ModelRow[],
  from: number,
): number {
  if (skip.kind === "to-next-row") return from + 1;
  const own = taken.filter(({ variable }) => variable === skip.variable);
  const at = (found: Taken | undefined): number => rows.indexOf(found?.row as ModelRow);
  if (skip.kind === "past-last-row") return at(taken.at(-1)) + 1;
  return skip.kind === "to-first" ? at(own[0]) : at(own.at(-1));
}
