import { readFileSync } from "node:fs";
import {
  destructiveFaults,
  parseFault,
  scriptedFaults,
  survivedFaults,
} from "@millrace/log/simulated";
import {
  outputProblems,
  type Reference,
  referenceOf,
  seedFaults,
  shrinkFaults,
  simulate,
  type SimulationResult,
} from "@millrace/simulate";
import { beforeAll, describe, expect, test } from "vitest";
import { scenarios } from "./scenarios.ts";

const kinds = [...survivedFaults, ...destructiveFaults];
const seedsPerScenario = 34;

describe.each(scenarios)("$name", (scenario) => {
  let reference: Reference;
  beforeAll(async () => {
    reference = await referenceOf(scenario);
  });

  const runSeed = (seed: number): Promise<SimulationResult> =>
    simulate(scenario, reference, { seed, faults: seedFaults(seed, kinds) });

  test(
    "loses, doubles and reorders nothing, whatever goes wrong",
    { timeout: 120_000 },
    async () => {
      const happened = new Set<string>();
      for (let seed = 1; seed <= seedsPerScenario; seed += 1) {
        const { problems, faults } = await runSeed(seed);
        expect(problems, `seed ${seed}`).toEqual([]);
        for (const { kind } of faults) happened.add(kind);
      }
      expect(happened.size).toBeGreaterThan(survivedFaults.length / 2);
    },
  );

  test("is the same run for the same seed, byte for byte", async () => {
    const seed = 4;
    const first = await runSeed(seed);
    expect(first.faults.length).toBeGreaterThan(0);
    expect(await runSeed(seed)).toEqual(first);
    expect((await runSeed(seed + 1)).trace).not.toBe(first.trace);
  });

  test("is the same run for the script of its faults", async () => {
    const seed = 4;
    const first = await runSeed(seed);
    const faults = scriptedFaults(first.faults);
    expect(await simulate(scenario, reference, { seed, faults })).toEqual(first);
  });
});

describe("what simulations have found", () => {
  const lines = readFileSync(new URL("found.txt", import.meta.url), "utf8").split("\n");
  const found = lines.filter((line) => /^\w+ \d+: /.test(line));

  test.each(found)("%s", async (line) => {
    const [, name, seed, script = ""] = /^(\w+) (\d+): (.*)$/.exec(line) ?? [];
    const scenario = scenarios.find((each) => each.name === name);
    const faults = script.split("; ").flatMap((each) => parseFault(each) ?? []);
    if (scenario === undefined) throw new Error(`there is no scenario ${name}`);
    expect(faults).toHaveLength(script.split("; ").length);
    const reference = await referenceOf(scenario);
    const options = { seed: Number(seed), faults: scriptedFaults(faults) };
    const result = await simulate(scenario, reference, options);
    expect(result.problems).toEqual([]);
    expect(result.faults.length).toBeGreaterThan(0);
  });
});

test("a run whose changelog has lost its progress stops, and begins nothing from nothing", async () => {
  const scenario = scenarios.find(({ name }) => name === "windowed");
  if (scenario === undefined) throw new Error("there is a scenario of that name");
  const lines = [
    "crash 0 at commit windowed.stage-visits.0 #3",
    "lose-progress 0 at bounds windowed.stage-visits.changelog/0 #2",
  ];
  const faults = scriptedFaults(lines.flatMap((line) => parseFault(line) ?? []));
  const reference = await referenceOf(scenario);
  const { outcome, problems } = await simulate(scenario, reference, { seed: 1, faults });
  expect(problems).toEqual([]);
  expect(outcome).toBe("stopped");
});

test("output that is lost, doubled or another is found", () => {
  const expected = { out: ["a", "a", "b"] };
  expect(outputProblems({ out: ["a", "b", "a"] }, expected, [])).toEqual([]);
  expect(outputProblems({ out: ["a", "b"] }, expected, [])).toHaveLength(1);
  expect(outputProblems({ out: ["a", "a", "a", "b"] }, expected, [])).toHaveLength(1);
  expect(outputProblems({ out: ["a", "a", "c"] }, expected, [])).toHaveLength(2);
  expect(outputProblems({ out: ["a"] }, expected, [{ id: "out" }])).toEqual([]);
});

test("a script is shrunk to the faults that it takes", async () => {
  const lines = ["crash 0 at a #1", "stall 9 at b #2", "crash 0 at c #3", "duplicate 4 at d #4"];
  const script = lines.flatMap((line) => parseFault(line) ?? []);
  const names = ["b", "d"];
  const shrunk = await shrinkFaults(script, async (shorter) =>
    names.every((name) => shorter.some((fault) => fault.name === name)),
  );
  expect(shrunk.map(({ name }) => name)).toEqual(names);
});
