import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { peersDirectory, repositoryRoot } from "./repository.ts";

/** Where a comparison keeps things. */
export interface Places {
  /** Installed peers; shared by all comparisons of the machine. */
  readonly cache: string;
  /** Data sets with the oracle's answers; shared by all comparisons. */
  readonly data: string;
  /** What the comparison's runs wrote, one file each. */
  readonly logs: string;
  readonly scratch: string;
  /** Raw results, a line each. */
  readonly runs: string;
  /** Directory of the table and the page. */
  readonly tables: string;
  /** Directory of results that are kept with the project. */
  readonly results: string;
}

/** The places of a comparison; its directories are made. */
export function placesOf(name: string): Places {
  const all = join(repositoryRoot, ".millrace", "peers");
  const own = join(all, name);
  const cache = process.env["MILLRACE_PEERS"] ?? join(homedir(), ".cache", "millrace", "peers");
  const places = {
    cache,
    data: join(all, "data"),
    logs: join(own, "logs"),
    scratch: join(own, "scratch"),
    runs: join(own, "runs.jsonl"),
    tables: own,
    results: join(peersDirectory, "results"),
  };
  for (const directory of [cache, places.data, places.logs, places.scratch])
    mkdirSync(directory, { recursive: true });
  return places;
}
