// `npm run peers`: Millrace and what users could choose instead, over the same topics, in turn,
// each checked against the oracle.
import { readSettings, type Settings, usage } from "./command-line.ts";
import { compare } from "./compare.ts";
import { RawRuns } from "./table/raw-runs.ts";
import { placesOf } from "./places.ts";
import { writeTables } from "./table/write-tables.ts";

function settings(): Settings | undefined {
  try {
    return readSettings(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    process.exit(2);
  }
}

async function main(): Promise<number> {
  const given = settings();
  if (given === undefined) {
    process.stdout.write(usage);
    return 0;
  }
  const places = placesOf(given.name);
  const runs = new RawRuns(places.runs);
  if (!given.isTableOnly) await compare(given, places, runs);
  return writeTables(given, places, runs) ? 0 : 1;
}

// Peers are ended where the process exits, which a signal alone does not make it do.
for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const) {
  process.once(signal, () => process.exit(code));
}
process.exitCode = await main();
