import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compareTables, databaseOf, type FlightRun, runFlightDelays } from "./flight-runs.ts";

/** How a round of kills went. */
export interface KillRound {
  /** Moments of the kills that came before the end, in ms after the start of each try. */
  readonly killsMs: readonly number[];
  readonly tables: Record<string, { rows: number; different: number }>;
}

/**
 * Runs the pipeline in a fresh directory, kills it at each of the given moments and starts it again
 * each time, lets it finish, and compares its tables with those of an undisturbed run.
 *
 * @param undisturbed directory of the undisturbed run, which has finished
 */
export async function killRound(
  options: Omit<FlightRun, "directory" | "killAfterMs"> & {
    readonly undisturbed: string;
    readonly momentsMs: readonly number[];
  },
): Promise<KillRound> {
  const { undisturbed, momentsMs, ...run } = options;
  const directory = await mkdtemp(join(tmpdir(), "millrace-kill-"));
  try {
    const killsMs: number[] = [];
    let outcome = "killed";
    for (const killAfterMs of momentsMs) {
      outcome = await runFlightDelays({ ...run, directory, killAfterMs });
      if (outcome === "finished") break;
      killsMs.push(killAfterMs);
    }
    if (outcome === "killed") await runFlightDelays({ ...run, directory });
    return { killsMs, tables: await compareTables(databaseOf(undisturbed), databaseOf(directory)) };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
