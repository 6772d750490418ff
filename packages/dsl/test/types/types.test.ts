import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const here = fileURLToPath(new URL(".", import.meta.url));
const require = createRequire(import.meta.url);
const compiler = join(require.resolve("typescript/package.json"), "../bin/tsc");
let folder = "";

beforeAll(async () => {
  // Beside the fixtures, so that packages are found from it.
  folder = await mkdtemp(join(here, "generated-"));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function compile(files: readonly string[]): Promise<{ code: number; output: string }> {
  const config = join(folder, `tsconfig-${files.length}-${files[0]?.length}.json`);
  const extended = join(here, "tsconfig.json");
  await writeFile(config, JSON.stringify({ extends: extended, files }));
  const given = [compiler, "-p", config, "--pretty", "false", "--extendedDiagnostics"];
  return new Promise((resolve) => {
    execFile(process.execPath, given, (error, output) => {
      resolve({ code: error === null ? 0 : Number(error.code), output });
    });
  });
}

function instantiationsIn(output: string): number {
  return Number(/Instantiations:\s+(\d+)/.exec(output)?.[1]);
}

async function chain(steps: number): Promise<number> {
  const lines = Array.from({ length: steps }, (_, i) =>
    i % 2 === 0
      ? `    .where((f) => f.delayMinutes.gt(${i}))`
      : `    .withColumns((f) => ({ c${i}: f.delayMinutes.plus(${i}) }))`,
  );
  const file = join(folder, `chain-${steps}.ts`);
  await writeFile(
    file,
    `import { pipeline } from "../../../src/index.ts";
import { Flight, store, table } from "../../fixtures.ts";
pipeline("chain", (p) => {
  p.source("flights", table(Flight))
${lines.join("\n")}
    .sink("out", store());
});
`,
  );
  const { code, output } = await compile([file]);
  expect(output).not.toContain("error TS");
  expect(code).toBe(0);
  return instantiationsIn(output);
}

describe("types", () => {
  it("gives each step the row that it makes", async () => {
    const { code, output } = await compile([
      join(here, "rows.test-d.ts"),
      join(here, "grids.test-d.ts"),
    ]);
    expect(output).not.toContain("error TS");
    expect(code).toBe(0);
  });

  it("refuses mistakes with a sentence on the user's own line", async () => {
    const fixture = join(here, "errors.fixture.ts");
    const { output } = await compile([fixture]);
    const found = new Map<number, string>();
    let line = 0;
    for (const text of output.split("\n")) {
      const start = /errors\.fixture\.ts\((\d+),/.exec(text);
      if (start !== null) line = Number(start[1]);
      if (start !== null || text.startsWith(" ")) {
        found.set(line, `${found.get(line) ?? ""}${text}\n`);
      }
    }
    const source = (await readFile(fixture, "utf8")).split("\n");
    source.forEach((text, index) => {
      const [, sentence] = text.split("//! ");
      const message = found.get(index + 1) ?? "";
      if (sentence === undefined) expect(`${text}${message}`).toBe(text);
      else expect(message).toContain(sentence);
    });
  });

  it("stays below its ceilings of instantiations for 1, 10 and 100 steps", async () => {
    const [one = 0, ten = 0, hundred = 0] = [await chain(1), await chain(10), await chain(100)];
    // The first step brings the interfaces of all streams with it.
    expect(one).toBeLessThan(40_000);
    expect(ten - one).toBeLessThan(3_000);
    expect(hundred - ten).toBeLessThan(45_000);
  });
});
