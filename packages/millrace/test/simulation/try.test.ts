import { referenceOf, seedFaults, simulate } from "@millrace/simulate";
import { survivedFaults, destructiveFaults, formatFault } from "@millrace/log/simulated";
import { plan } from "millrace";
import { test } from "vitest";
import { scenarios, windowed } from "./scenarios.ts";
test("try", async () => {
  for (const s of plan(windowed, { partitions: 2 }).physical.stages)
    console.log(
      s.id,
      s.inputs.map((i) => i.kind),
      s.outputs.map((o) => o.kind),
    );
  const refs = [];
  for (const scenario of scenarios) {
    const t0 = performance.now();
    const ref = await referenceOf(scenario);
    refs.push(ref);
    console.log(
      scenario.name,
      Math.round(performance.now() - t0),
      Object.entries(ref.sinks).map(([k, v]) => `${k} ${v.length} ${v[0]}`),
      ref.deadLetters.length,
    );
  }
  const n = Number(process.env["N"] ?? 3);
  for (let seed = 1; seed <= n; seed++)
    for (const [i, scenario] of scenarios.entries()) {
      const t0 = performance.now();
      const r = await simulate(scenario, refs[i]!, {
        seed,
        faults: seedFaults(seed, [...survivedFaults, ...destructiveFaults]),
      });
      console.log(
        seed,
        r.scenario,
        r.outcome,
        r.processes,
        r.simulatedMs,
        r.requests,
        Math.round(performance.now() - t0) + "ms",
        r.faults.length,
        r.problems.map((p) => p.slice(0, 600)),
        r.problems.length ? r.faults.map(formatFault) : "",
      );
    }
}, 600000);
