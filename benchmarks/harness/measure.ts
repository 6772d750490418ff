/** What one repeat of a case took. */
export interface Measurement {
  readonly wallMs: number;
  /** User and system time of the whole process, all its threads. */
  readonly cpuMs: number;
}

/** A case to measure; what `prepare` returns is given to `run` and is not timed. */
export interface Case {
  readonly name: string;
  readonly prepare?: (repeat: number) => Promise<void> | void;
  readonly run: (repeat: number) => Promise<void> | void;
}

/**
 * Runs the cases in turn, so that a busy moment of the machine does not fall on one of them alone.
 *
 * The garbage of one case may fall on the next; forcing a collection in between would throw the
 * optimised code away as well, which costs the typed loops most of their speed.
 *
 * @returns medians by name of case, over the repeats after the warm-ups
 */
export async function measureInTurn(
  cases: readonly Case[],
  options: { readonly warmUps: number; readonly repeats: number },
): Promise<Map<string, Measurement>> {
  const all = new Map<string, Measurement[]>(cases.map(({ name }) => [name, []]));
  for (let repeat = 0; repeat < options.warmUps + options.repeats; repeat += 1) {
    for (const { name, prepare, run } of cases) {
      await prepare?.(repeat);
      const measurement = await measureOnce(() => run(repeat));
      if (repeat >= options.warmUps) all.get(name)?.push(measurement);
    }
  }
  return new Map([...all].map(([name, measurements]) => [name, medianOf(measurements)]));
}

/**
 * The median of a case before what it is compared with is in memory: the objects of a baseline cost
 * every collection of garbage, whoever made the garbage.
 */
export async function measureAlone(run: () => void): Promise<Measurement> {
  const found = await measureInTurn([{ name: "alone", run }], { warmUps: 4, repeats: 9 });
  return found.get("alone") as Measurement;
}

/** Measures one call. */
export async function measureOnce(run: () => Promise<void> | void): Promise<Measurement> {
  const cpuBefore = process.cpuUsage();
  const wallBefore = performance.now();
  await run();
  const wallMs = performance.now() - wallBefore;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { wallMs, cpuMs: (user + system) / 1_000 };
}

/** The middle value of each part; the lower one of two. */
export function medianOf(measurements: readonly Measurement[]): Measurement {
  return {
    wallMs: median(measurements.map(({ wallMs }) => wallMs)),
    cpuMs: median(measurements.map(({ cpuMs }) => cpuMs)),
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[(values.length - 1) >> 1] ?? Number.NaN;
}

/** Most memory that this process ever held, in MB. */
export function rssMaxMb(): number {
  return process.resourceUsage().maxRSS / 1024;
}
