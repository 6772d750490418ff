import { measureInTurn } from "./measure.ts";
import type { BenchLine } from "./report.ts";

/** Two ways to do the same work. */
export interface Comparison {
  readonly case: string;
  /** Units of work of one call, such as rows. */
  readonly count: number;
  /**
   * Of the value: "rows/s", "rows/cpu-s" of user and system time, or "µs/…" and "ns/…" for time per
   * unit of work.
   */
  readonly unit: string;
  readonly ours: () => Promise<void> | void;
  readonly against: string;
  readonly baseline: () => Promise<void> | void;
}

/** Measures each comparison, ours and the baseline in turn; medians of 5 after 2 warm-ups. */
export async function compareAll(comparisons: readonly Comparison[]): Promise<BenchLine[]> {
  const lines: BenchLine[] = [];
  for (const { case: name, count, unit, ours, against, baseline } of comparisons) {
    const cases = [
      { name: "ours", run: ours },
      { name: "baseline", run: baseline },
    ];
    const found = await measureInTurn(cases, { warmUps: 2, repeats: 5 });
    const valueOf = (which: string): number => {
      const { wallMs, cpuMs } = found.get(which) ?? { wallMs: Number.NaN, cpuMs: Number.NaN };
      const ms = unit.endsWith("/cpu-s") ? cpuMs : wallMs;
      if (unit.startsWith("ns/")) return (ms * 1e6) / count;
      if (unit.startsWith("µs/")) return (ms * 1e3) / count;
      return count / (ms / 1e3);
    };
    lines.push({
      case: name,
      value: valueOf("ours"),
      unit,
      baseline: valueOf("baseline"),
      against,
      ...(/^[nµ]s\//.test(unit) ? { lowerIsBetter: true } : {}),
    });
  }
  return lines;
}

/** Keeps a result alive, so that the work for it is not optimised away. */
export function keep(value: unknown): void {
  kept = value;
}

/** Written only; exported so that the bundler keeps it. */
export let kept: unknown;
