// Patterns by operator, against plain TypeScript over objects and a Map. Both must agree.
import type { PatternSpec } from "@millrace/plan";
import { keep } from "./harness/compare.ts";
import { measureInTurn } from "./harness/measure.ts";
import { type BenchLine, printLines } from "./harness/report.ts";
import { fallAndRise, millracePattern, smallThenLarge } from "./patterns/millrace-patterns.ts";
import { type Payment, paymentsOf } from "./patterns/payments.ts";
import { plainFallAndRise, plainSmallThenLarge } from "./patterns/plain-patterns.ts";

interface PatternCase {
  readonly name: string;
  readonly spec: PatternSpec;
  readonly plain: (payments: readonly Payment[], withinMs: number) => number;
}

const payments = paymentsOf(1_000_000, 10_000);

const cases: PatternCase[] = [
  {
    name: "three small payments or more, then a large one within a minute",
    spec: smallThenLarge,
    plain: plainSmallThenLarge,
  },
  {
    name: "falling payments, then a greater one: conditions on the row before",
    spec: fallAndRise,
    plain: plainFallAndRise,
  },
];

async function measure({ name, spec, plain }: PatternCase): Promise<BenchLine> {
  const ours = millracePattern(spec, payments);
  const counts = [ours(), plain(payments, spec.withinMs)];
  if (new Set(counts).size !== 1) throw new Error(`${name}: matches ${counts.join(", ")}`);
  const found = await measureInTurn(
    [
      { name: "ours", run: () => keep(ours()) },
      { name: "plain", run: () => keep(plain(payments, spec.withinMs)) },
    ],
    { warmUps: 2, repeats: 5 },
  );
  const rate = (which: string): number =>
    payments.length / ((found.get(which)?.cpuMs ?? Number.NaN) / 1e3);
  const against = "Map over objects";
  return { case: name, value: rate("ours"), unit: "rows/cpu-s", baseline: rate("plain"), against };
}

const lines: BenchLine[] = [];
for (const given of cases) lines.push(await measure(given));
printLines("patterns", lines);
