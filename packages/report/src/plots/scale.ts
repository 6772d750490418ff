/** A mark on an axis. */
export interface Tick {
  readonly value: number;
  readonly label: string;
}

/** Maps data to pixels, linearly. */
export interface Scale {
  (value: number): number;
}

/** A linear map of [from, to] onto [start, end]. */
export function linearScale(
  domain: readonly [number, number],
  range: readonly [number, number],
): Scale {
  const [from, to] = domain;
  const factor = to === from ? 0 : (range[1] - range[0]) / (to - from);
  return (value) => range[0] + (value - from) * factor;
}

/** The smallest and largest finite number; [0, 1] when there is none. */
export function extentOf(...lists: readonly (readonly number[])[]): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const list of lists) {
    for (const value of list) {
      if (!Number.isFinite(value)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return low > high ? [0, 1] : [low, high];
}

/** About `count` round numbers (1, 2 or 5 × a power of ten) that enclose the domain. */
export function niceTicks(domain: readonly [number, number], count: number): number[] {
  const [low, high] = domain[0] === domain[1] ? [domain[0], domain[0] + 1] : domain;
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  const first = Math.floor(low / step);
  const last = Math.ceil(high / step);
  return Array.from({ length: last - first + 1 }, (_, index) =>
    Number(((first + index) * step).toPrecision(12)),
  );
}

const day = 86_400_000;
const months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** At most `count` marks at round times (UTC): months, weeks, days or hours, by the span. */
export function timeTicks(domain: readonly [number, number], count: number): Tick[] {
  const span = domain[1] - domain[0];
  if (span > 60 * day) return monthTicks(domain);
  const steps = [day / 24, day / 8, day / 4, day / 2, day, 2 * day, 7 * day, 14 * day];
  const step = steps.find((candidate) => span / candidate <= count) ?? 14 * day;
  const ticks: Tick[] = [];
  for (let time = Math.ceil(domain[0] / step) * step; time <= domain[1]; time += step) {
    ticks.push({ value: time, label: formatDay(time, step < day) });
  }
  return ticks;
}

function monthTicks(domain: readonly [number, number]): Tick[] {
  const ticks: Tick[] = [];
  const start = new Date(domain[0]);
  for (let month = start.getUTCMonth(); ; month++) {
    const value = Date.UTC(start.getUTCFullYear(), month, 1);
    if (value > domain[1]) return ticks;
    const date = new Date(value);
    const year = ticks.length === 0 || date.getUTCMonth() === 0 ? ` ${date.getUTCFullYear()}` : "";
    if (value >= domain[0]) {
      ticks.push({ value, label: `${months[date.getUTCMonth()]}${year}` });
    }
  }
}

/** `25 Feb`, with `18:00` where it is not midnight and the time matters. */
function formatDay(time: number, withTime = false): string {
  const date = new Date(time);
  const hours = `${String(date.getUTCHours()).padStart(2, "0")}:00`;
  if (withTime && time % day !== 0) return hours;
  return `${date.getUTCDate()} ${months[date.getUTCMonth()]}`;
}
