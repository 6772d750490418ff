import { parseArgs } from "node:util";
import { type JobName, jobNames, type Peer } from "./peer.ts";
import { absentPeers, peers } from "./peer-list.ts";

/** How the command is used. */
export const usage = `npm run peers -- [options]
  --peers a,b       default: all that can be run
  --jobs j1,j2      default: all
  --blocks N        runs of each peer, job and size, in turn; default 7
  --events A,B      records of both data sets, default 2000000,8000000
  --slow-events A,B the same for peers that are slow, default 200000,800000
  --name NAME       of this comparison; runs that it has are not repeated; default "latest"
  --again           forgets its runs of the chosen peers and jobs, and does them again
  --table           makes the table of what there is, and runs nothing
  --keep            writes the table, the page and the raw runs to benchmarks/peers/results too
  --note TEXT       a sentence that stands above the table
  --list            lists the peers
  --json            one JSON object a line: each run as it ends, then each row of the table

${[...peers, ...absentPeers].map(({ name, title, promise }) => `  ${name.padEnd(16)} ${title} (${promise})`).join("\n")}
`;

/** The two sizes of a slope. */
export type Sizes = readonly [short: number, long: number];

/** What the command line asks for. */
export interface Settings {
  readonly peers: readonly Peer[];
  readonly jobs: readonly JobName[];
  readonly blocks: number;
  readonly sizes: Sizes;
  readonly slowSizes: Sizes;
  readonly name: string;
  readonly isAgain: boolean;
  readonly isTableOnly: boolean;
  readonly isKept: boolean;
  readonly isJson: boolean;
  readonly note: string | undefined;
}

/**
 * Reads the command line; undefined where only the usage or the list is asked for.
 *
 * @throws Error that says what is wrong
 */
export function readSettings(words: readonly string[]): Settings | undefined {
  const { values } = parseArgs({
    args: [...words],
    options: {
      peers: { type: "string" },
      jobs: { type: "string" },
      blocks: { type: "string", default: "7" },
      events: { type: "string", default: "2000000,8000000" },
      "slow-events": { type: "string", default: "200000,800000" },
      name: { type: "string", default: "latest" },
      again: { type: "boolean", default: false },
      table: { type: "boolean", default: false },
      keep: { type: "boolean", default: false },
      note: { type: "string" },
      list: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help || values.list) return undefined;
  if (!/^[a-z0-9][a-z0-9-]*$/.test(values.name))
    throw new Error("--name takes small letters, digits and dashes.");
  return {
    peers: chosen("peers", values.peers, peers),
    jobs: chosen(
      "jobs",
      values.jobs,
      jobNames.map((name) => ({ name })),
    ).map(({ name }) => name),
    blocks: whole("blocks", values.blocks),
    sizes: sizesOf("events", values.events),
    slowSizes: sizesOf("slow-events", values["slow-events"]),
    name: values.name,
    isAgain: values.again,
    isTableOnly: values.table,
    isKept: values.keep,
    isJson: values.json,
    note: values.note,
  };
}

function chosen<Named extends { readonly name: string }>(
  option: string,
  text: string | undefined,
  all: readonly Named[],
): readonly Named[] {
  if (text === undefined) return all;
  return text.split(",").map((name) => {
    const found = all.find((each) => each.name === name.trim());
    if (found !== undefined) return found;
    const known = all.map((each) => each.name).join(", ");
    throw new Error(`--${option}: there is no ${JSON.stringify(name)}; there are ${known}.`);
  });
}

function whole(option: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new Error(`--${option} must be a whole number of at least 1.`);
}

function sizesOf(option: string, text: string): Sizes {
  const [short = 0, long = 0] = text.split(",").map(Number);
  // Of 50 records 46 are bids: whole rounds make the counts exact.
  const areWhole = [short, long].every((size) => Number.isSafeInteger(size) && size % 50 === 0);
  if (areWhole && short > 0 && short < long) return [short, long];
  throw new Error(`--${option} takes two multiples of 50, such as 200000,800000.`);
}
