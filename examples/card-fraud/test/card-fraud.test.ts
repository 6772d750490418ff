import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MemoryStore, rowsOf } from "@millrace/conformance";
import { run } from "millrace";
import { beforeAll, expect, test } from "vitest";
import cardFraud from "../pipeline.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const input = fileURLToPath(new URL("../payments.ndjson", import.meta.url));

interface Payment {
  readonly at: string;
  readonly card: string;
  readonly amount: number;
}

const payments = readFileSync(input, "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as Payment);

/** Small payments directly before each large one, as a plain loop finds them. */
function triedOut(): string[] {
  return payments.flatMap((large, i) => {
    const before = payments.slice(0, i).filter(({ card }) => card === large.card);
    const small = before.slice(before.findLastIndex(({ amount }) => amount >= 1) + 1);
    const recent = small.filter(({ at }) => Date.parse(large.at) - Date.parse(at) <= 600_000);
    const tried = recent.reduce((sum, { amount }) => sum + amount, 0);
    const isFraud = recent.length >= 3 && large.amount > tried * 100;
    return isFraud ? [`${large.card} ${recent[0]?.at} ${recent.length} ${large.amount}`] : [];
  });
}

// The example names its file from the repository's root, as `npx pipe run` does.
beforeAll(() => process.chdir(root));

test("the table holds the cards that were tried out, as a plain loop finds them", async () => {
  const store = new MemoryStore();
  await run(cardFraud, { connectors: { console: () => Promise.resolve(store.connector()) } });
  const rows = store.batches("table").flatMap((batch) => rowsOf(batch));
  const found = rows.map(({ card, from, tries, taken }) => {
    return `${card} ${new Date(Number(from)).toISOString()} ${tries} ${taken}`;
  });
  expect(found.toSorted()).toEqual(triedOut().toSorted());
  expect(found).toHaveLength(5);
});

test("the payments are what the generator writes", () => {
  const directory = mkdtempSync(join(tmpdir(), "card-fraud-"));
  try {
    copyFileSync(
      fileURLToPath(new URL("../make-payments.mjs", import.meta.url)),
      join(directory, "make-payments.mjs"),
    );
    execFileSync(process.execPath, [join(directory, "make-payments.mjs")]);
    const made = readFileSync(join(directory, "payments.ndjson"));
    expect(made.equals(readFileSync(input))).toBe(true);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
