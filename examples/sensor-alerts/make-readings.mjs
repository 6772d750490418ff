// Writes readings.ndjson beside it, the same bytes each time.
import { writeFileSync } from "node:fs";

const machines = ["lathe-1", "lathe-2", "press-1"];
const firstDay = Date.UTC(2026, 2, 2);
const stepMs = 15 * 60_000;
const steps = 10 * 96;

/** Faults: from hour `from` of the data, for `hours`, the machine is so many degrees off. */
const faults = [
  { machine: "lathe-1", from: 5 * 24 + 14, hours: 2, degrees: 9 },
  { machine: "press-1", from: 7 * 24 + 3, hours: 1, degrees: -11 },
  { machine: "lathe-2", from: 8 * 24 + 20, hours: 3, degrees: 7 },
];
/** Lost connections: readings of these steps arrive together, after the last of them. */
const outages = [
  { machine: "press-1", from: 3 * 96 + 30, steps: 12 },
  { machine: "lathe-2", from: 6 * 96 + 50, steps: 9 },
];

// mulberry32: small, and the same everywhere.
let seed = 20_260_302;
function random() {
  seed = (seed + 0x6d2b79f5) | 0;
  let mixed = Math.imul(seed ^ (seed >>> 15), seed | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}

const readings = [];
for (let step = 0; step < steps; step++) {
  for (const [index, machine] of machines.entries()) {
    const hour = step / 4;
    const daily = 8 * Math.sin((2 * Math.PI * (hour - 6 - index)) / 24);
    const noise = random() + random() + random() - 1.5;
    const fault = faults.find((f) => {
      return f.machine === machine && hour >= f.from && hour < f.from + f.hours;
    });
    const celsius = 55 + 6 * index + daily + noise + (fault?.degrees ?? 0);
    const outage = outages.find((o) => {
      return o.machine === machine && step >= o.from && step < o.from + o.steps;
    });
    const at = new Date(firstDay + step * stepMs).toISOString().replace(".000Z", "Z");
    const line = JSON.stringify({ at, machine, celsius: Math.round(celsius * 10) / 10 });
    readings.push({ line, arrival: outage === undefined ? step : outage.from + outage.steps });
  }
}
readings.sort((a, b) => a.arrival - b.arrival);
const text = readings.map(({ line }) => `${line}\n`).join("");
writeFileSync(new URL("readings.ndjson", import.meta.url), text);
