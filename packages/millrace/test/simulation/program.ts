// `npm run simulate`: runs pipelines under faults, seed after seed, and holds each run against an
// undisturbed one. The record is a file of JSON lines, from which a later call goes on.
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import {
  destructiveFaults,
  type FaultKind,
  formatFault,
  parseFault,
  type ScriptedFault,
  scriptedFaults,
  survivedFaults,
} from "@millrace/log/simulated";
import {
  type Reference,
  referenceOf,
  type Scenario,
  seedFaults,
  shrinkFaults,
  simulate,
} from "@millrace/simulate";
import { SingleBar } from "cli-progress";
import { scenarios as builtIn } from "./scenarios.ts";

const allKinds = [...survivedFaults, ...destructiveFaults];
const usage = `npm run simulate -- [options]
  --seeds N        seeds, default 1000; each is one run of one scenario
  --from S         the first seed, default 1
  --pipeline FILE  a module whose export \`scenarios\` is run instead of the built-in ones
  --scenario NAME  only this one
  --faults LIST    kinds of faults, of ${allKinds.join(", ")}; default: all
  --script TEXT    exactly these faults, as a failure prints them, separated by "; "
  --resume         go on after the seeds that the record has; else it begins anew
  --record FILE    default .millrace/simulations.jsonl
  --json           results as JSON lines
`;

interface Settings {
  readonly seeds: number;
  readonly from: number;
  readonly scenarios: readonly Scenario[];
  readonly kinds: readonly FaultKind[];
  readonly script: readonly ScriptedFault[] | undefined;
  readonly isResumed: boolean;
  readonly record: string;
  readonly isJson: boolean;
  /** What leads to the same scenarios, as words of a command. */
  readonly same: string;
}

/** A line of the record. */
interface RecordedSeed {
  readonly scenario: string;
  readonly seed: number;
  readonly outcome: string;
  /** The beginning of its digest. */
  readonly trace: string;
  readonly faults: number;
  readonly problems: readonly string[];
  /** Where something is wrong: the fewest faults with which it still is, and how to see it. */
  readonly script?: readonly string[];
  readonly replay?: string;
}

process.exitCode = await main();

async function main(): Promise<number> {
  let settings: Settings;
  try {
    settings = await readSettings();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return 2;
  }
  const { seeds, from, record } = settings;
  mkdirSync(dirname(record), { recursive: true });
  if (!settings.isResumed) rmSync(record, { force: true });
  const before = readRecord(record);
  const done = new Set(before.map(({ seed }) => seed));
  let failed = before.filter(({ problems }) => problems.length > 0).length;
  const references = new Map<Scenario, Reference>();
  const bar = progressBar();
  bar?.start(seeds, 0, { failed });
  for (let seed = from; seed < from + seeds; seed += 1) {
    if (!done.has(seed)) {
      const result = await runSeed(settings, seed, references);
      appendFileSync(record, `${JSON.stringify(result)}\n`);
      if (result.problems.length > 0) failed += 1;
      tell(result, settings.isJson);
    }
    bar?.update(seed - from + 1, { failed });
  }
  bar?.stop();
  if (!settings.isJson) {
    process.stdout.write(`${seeds - failed} seeds passed, ${failed} failed; ${record}\n`);
  }
  return failed === 0 ? 0 : 1;
}

async function runSeed(
  { scenarios, kinds, script, same }: Settings,
  seed: number,
  references: Map<Scenario, Reference>,
): Promise<RecordedSeed> {
  const scenario = scenarios[seed % scenarios.length] as Scenario;
  const reference = references.get(scenario) ?? (await referenceOf(scenario));
  references.set(scenario, reference);
  const faults = script === undefined ? seedFaults(seed, kinds) : scriptedFaults(script);
  const result = await simulate(scenario, reference, { seed, faults });
  const { outcome, problems } = result;
  const line = {
    scenario: scenario.name,
    seed,
    outcome,
    trace: result.trace.slice(0, 16),
    faults: result.faults.length,
    problems,
  };
  if (problems.length === 0) return line;
  const shrunk = await shrinkFaults(result.faults, async (shorter) => {
    const options = { seed, faults: scriptedFaults(shorter) };
    return (await simulate(scenario, reference, options)).problems.length > 0;
  });
  const texts = shrunk.map(formatFault);
  const words = `--scenario ${scenario.name} --from ${seed} --seeds 1`;
  const replay = `npm run simulate -- ${same}${words} --script "${texts.join("; ")}"`;
  return { ...line, script: texts, replay };
}

/** Seeds that pass say nothing, but as JSON. */
function tell(result: RecordedSeed, isJson: boolean): void {
  if (isJson) process.stdout.write(`${JSON.stringify(result)}\n`);
  else if (result.replay !== undefined) {
    const { scenario, seed, problems, script = [], replay } = result;
    const lines = [`${scenario}, seed ${seed}:`, ...problems, "with", ...script, replay];
    process.stdout.write(`${lines.join("\n  ")}\n`);
  }
}

async function readSettings(): Promise<Settings> {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string", default: "1000" },
      from: { type: "string", default: "1" },
      pipeline: { type: "string" },
      scenario: { type: "string" },
      faults: { type: "string", default: allKinds.join(",") },
      script: { type: "string" },
      resume: { type: "boolean", default: false },
      record: { type: "string", default: ".millrace/simulations.jsonl" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    process.exit(0);
  }
  const all = values.pipeline === undefined ? builtIn : await scenariosIn(values.pipeline);
  const scenarios = all.filter(({ name }) => [undefined, name].includes(values.scenario));
  if (scenarios.length === 0) throw new Error(`There is no scenario ${values.scenario}.`);
  return {
    seeds: whole("seeds", values.seeds, 1),
    from: whole("from", values.from, 0),
    scenarios,
    kinds: values.faults.split(",").map(kindNamed),
    script: values.script
      ?.split("; ")
      .filter((line) => line !== "")
      .map(faultIn),
    isResumed: values.resume,
    record: values.record,
    isJson: values.json,
    same: values.pipeline === undefined ? "" : `--pipeline ${values.pipeline} `,
  };
}

async function scenariosIn(file: string): Promise<readonly Scenario[]> {
  const module = (await import(pathToFileURL(resolve(file)).href)) as {
    readonly scenarios?: readonly Scenario[];
  };
  if (module.scenarios === undefined) throw new Error(`${file} does not export \`scenarios\`.`);
  return module.scenarios;
}

function whole(name: string, text: string, least: number): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new Error(`--${name} is a whole number from ${least}, not ${JSON.stringify(text)}.`);
}

function kindNamed(name: string): FaultKind {
  const kind = allKinds.find((known) => known === name);
  if (kind === undefined) throw new Error(`There is no fault ${JSON.stringify(name)}.`);
  return kind;
}

function faultIn(line: string): ScriptedFault {
  const fault = parseFault(line);
  if (fault === undefined) throw new Error(`${JSON.stringify(line)} is no line of a script.`);
  return fault;
}

/** A kill can leave half a line at the end. */
function readRecord(path: string): RecordedSeed[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, "utf8").split("\n");
  const isWhole = (line: string): boolean => line.startsWith("{") && line.endsWith("}");
  return lines.filter(isWhole).map((line) => JSON.parse(line) as RecordedSeed);
}

function progressBar(): SingleBar | undefined {
  if (process.stderr.isTTY !== true) return undefined;
  return new SingleBar({
    format: "seeds {bar} {value}/{total}, {failed} failed, {eta_formatted} left",
    hideCursor: true,
  });
}
