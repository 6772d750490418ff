// What one writes without a library: objects in Maps. Each gives the number of rows it would write.
import type { Ride } from "./rides.ts";

interface Totals {
  n: number;
  km: number;
}

type Pane = Map<number, Totals>;

function add(pane: Pane, ride: Ride): void {
  const totals = pane.get(ride.key);
  if (totals === undefined) {
    pane.set(ride.key, { n: 1, km: ride.km });
    return;
  }
  totals.n += 1;
  totals.km += ride.km;
}

/** Rides by pane, as `write` sees them when the rides have passed it. */
function byPane(
  rides: readonly Ride[],
  paneOf: (time: number) => number,
  write: (pane: Pane, start: number) => void,
): void {
  let start = -Infinity;
  let pane: Pane = new Map();
  for (const ride of rides) {
    const own = paneOf(ride.time);
    if (own !== start) {
      if (pane.size > 0) write(pane, start);
      start = own;
      pane = new Map();
    }
    add(pane, ride);
  }
  if (pane.size > 0) write(pane, start);
}

function rowsOf(pane: Pane, start: number): unknown[] {
  return [...pane].map(([key, { n, km }]) => ({ key, start, n, km }));
}

export function tumbling(rides: readonly Ride[], sizeMs: number): number {
  let rows = 0;
  byPane(
    rides,
    (time) => Math.floor(time / sizeMs),
    (pane, start) => void (rows += rowsOf(pane, start).length),
  );
  return rows;
}

function merge(panes: Iterable<Pane>): Pane {
  const sum: Pane = new Map();
  for (const pane of panes) {
    for (const [key, { n, km }] of pane) {
      const totals = sum.get(key);
      if (totals === undefined) sum.set(key, { n, km });
      else {
        totals.n += n;
        totals.km += km;
      }
    }
  }
  return sum;
}

export function hopping(rides: readonly Ride[], sizeMs: number, slideMs: number): number {
  const panes: Pane[] = [];
  let rows = 0;
  const slide = (pane: Pane | undefined, start: number): void => {
    if (pane !== undefined) panes.push(pane);
    if (panes.length > sizeMs / slideMs) panes.shift();
    rows += rowsOf(merge(panes), start).length;
  };
  byPane(rides, (time) => Math.floor(time / slideMs), slide);
  while (panes.length > 1) {
    panes.shift();
    slide(undefined, 0);
  }
  return rows;
}

export function cumulate(rides: readonly Ride[], sizeMs: number, stepMs: number): number {
  let sum: Pane = new Map();
  let rows = 0;
  byPane(
    rides,
    (time) => Math.floor(time / stepMs),
    (pane, step) => {
      sum = merge([sum, pane]);
      rows += rowsOf(sum, step).length;
      if (((step + 1) * stepMs) % sizeMs === 0) sum = new Map();
    },
  );
  return rows;
}

export function days(rides: readonly Ride[], timeZone: string): number {
  const format = new Intl.DateTimeFormat("en-US", { timeZone, dateStyle: "short" });
  const names = new Map<number, string>();
  const numbers = new Map<string, number>();
  // Asked once per hour, as every ride would take a µs.
  const dayOf = (time: number): number => {
    const hour = Math.floor(time / 3_600_000);
    const name = names.get(hour) ?? format.format(hour * 3_600_000);
    names.set(hour, name);
    const number = numbers.get(name) ?? numbers.size;
    numbers.set(name, number);
    return number;
  };
  let rows = 0;
  byPane(rides, dayOf, (pane, start) => void (rows += rowsOf(pane, start).length));
  return rows;
}

export function sessions(rides: readonly Ride[], gapMs: number): number {
  const open = new Map<number, Totals & { end: number }>();
  const rows: unknown[] = [];
  for (const { key, time, km } of rides) {
    const session = open.get(key);
    if (session === undefined || time >= session.end) {
      if (session !== undefined) rows.push({ key, ...session });
      open.set(key, { n: 1, km, end: time + gapMs });
      continue;
    }
    session.n += 1;
    session.km += km;
    session.end = time + gapMs;
  }
  for (const [key, session] of open) rows.push({ key, ...session });
  return rows.length;
}

export function countWindows(rides: readonly Ride[], size: number): number {
  const open: Pane = new Map();
  const rows: unknown[] = [];
  for (const ride of rides) {
    add(open, ride);
    const totals = open.get(ride.key);
    if (totals?.n !== size) continue;
    rows.push({ key: ride.key, ...totals });
    open.delete(ride.key);
  }
  return rows.length;
}

export function overTime(rides: readonly Ride[], sizeMs: number): number {
  const frames = new Map<number, { rides: Ride[]; first: number; km: number }>();
  const rows: unknown[] = [];
  for (const ride of rides) {
    const frame = frames.get(ride.key) ?? { rides: [], first: 0, km: 0 };
    frames.set(ride.key, frame);
    frame.rides.push(ride);
    frame.km += ride.km;
    let oldest = frame.rides[frame.first];
    while (oldest !== undefined && oldest.time <= ride.time - sizeMs) {
      frame.km -= oldest.km;
      frame.first += 1;
      oldest = frame.rides[frame.first];
    }
    if (frame.first > 64) {
      frame.rides.splice(0, frame.first);
      frame.first = 0;
    }
    rows.push({ ...ride, n: frame.rides.length - frame.first, total: frame.km });
  }
  return rows.length;
}

export function overRows(rides: readonly Ride[], count: number): number {
  const frames = new Map<number, number[]>();
  const rows: unknown[] = [];
  for (const ride of rides) {
    const frame = frames.get(ride.key) ?? [];
    frames.set(ride.key, frame);
    frame.push(ride.km);
    if (frame.length > count) frame.shift();
    rows.push({ ...ride, most: Math.max(...frame) });
  }
  return rows.length;
}
