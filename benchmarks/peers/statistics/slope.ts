/** What one run over so many bids took. */
export interface Cost {
  readonly bids: number;
  readonly seconds: number;
}

/** A line through a short and a long run. */
export interface CostLine {
  /** Seconds per million bids. */
  readonly perMillion: number;
  /** Seconds that a run takes beside: starting, warming up. */
  readonly start: number;
}

/** What a million bids more cost: what a start costs falls out. */
export function costLine(short: Cost, long: Cost): CostLine {
  const perMillion = ((long.seconds - short.seconds) / (long.bids - short.bids)) * 1e6;
  return { perMillion, start: short.seconds - (perMillion * short.bids) / 1e6 };
}
