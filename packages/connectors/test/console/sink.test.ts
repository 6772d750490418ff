import { rowsToBatch } from "@millrace/columnar";
import { instant, type Sink, systemClock, t } from "@millrace/core";
import { expect, test } from "vitest";
import { consoleTable, createConsoleConnector } from "../../src/console/index.ts";

const Row = t.row({
  city: t.utf8(),
  delay: t.float64().nullable(),
  at: t.timestamp(),
  tags: t.list(t.utf8()),
});

const rows = (count: number) => [
  rowsToBatch(
    Row.schema,
    Array.from({ length: count }, (_, index) => ({
      city: index === 1 ? "x".repeat(50) : `City ${index}\n`,
      delay: index === 2 ? null : index * 100.25,
      at: instant("2001-01-01T00:00:00Z"),
      tags: ["a"],
    })),
  ),
];

async function open(rowsMax: number): Promise<{ sink: Sink; printed: string[] }> {
  const printed: string[] = [];
  const sink = await createConsoleConnector((text) => printed.push(text)).openSink?.({
    pipeline: "p",
    sinkId: "cities",
    options: consoleTable({ rowsMax }).options,
    schema: Row.schema,
    generation: 1,
    partitions: 1,
    clock: systemClock,
  });
  return { sink: sink as Sink, printed };
}

const next = { generation: 1, offset: 5n };

test("rows are printed as an aligned table, and those beyond rowsMax are counted", async () => {
  const { sink, printed } = await open(3);
  await sink.write({ partition: 0, rows: rows(5), expected: undefined, next });
  const long = `${"x".repeat(39)}…`;
  expect(printed.join("")).toBe(
    [
      "cities",
      `city${" ".repeat(38)} delay  at                        tags`,
      `${"─".repeat(40)}  ──────  ────────────────────────  ─────`,
      `City 0${" ".repeat(36)}     0  2001-01-01T00:00:00.000Z  ["a"]`,
      `${long}  100.25  2001-01-01T00:00:00.000Z  ["a"]`,
      `City 2${" ".repeat(36)}     ∅  2001-01-01T00:00:00.000Z  ["a"]`,
      "… and 2 more rows\n",
    ].join("\n"),
  );
});

test("nothing is printed for no rows, but the token moves", async () => {
  const { sink, printed } = await open(3);
  await sink.write({ partition: 0, rows: [], expected: undefined, next });
  expect(printed).toEqual([]);
  expect(await sink.readToken(0)).toEqual(next);
});

test("a token that is not the expected one fences the writer", async () => {
  const { sink } = await open(3);
  await sink.write({ partition: 0, rows: [], expected: undefined, next });
  const again = sink.write({ partition: 0, rows: rows(1), expected: undefined, next });
  await expect(again).rejects.toMatchObject({ code: "SINK_FENCED" });
});

test("changes of an updating stream show what comes and what goes", async () => {
  const Count = t.row({ city: t.utf8(), count: t.int32() });
  const Changed = t.row({ city: t.utf8(), count: t.int32(), $weight: t.int32() });
  const printed: string[] = [];
  const sink = await createConsoleConnector((text) => printed.push(text)).openSink?.({
    pipeline: "p",
    sinkId: "counts",
    options: consoleTable().options,
    schema: Count.schema,
    generation: 1,
    partitions: 1,
    clock: systemClock,
  });
  const changes = rowsToBatch(Changed.schema, [
    { city: "Ulm", count: 1, $weight: -1 },
    { city: "Ulm", count: 2, $weight: 1 },
  ]);
  await sink?.write({ partition: 0, rows: [changes], expected: undefined, next });
  expect(printed.join("")).toBe(
    ["counts", "±  city  count", "─  ────  ─────", "−  Ulm       1", "+  Ulm       2", ""].join(
      "\n",
    ),
  );
});
