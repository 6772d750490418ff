import { batchToRows } from "@millrace/columnar";
import { topicConnector } from "@millrace/connectors/topic";
import {
  type Json,
  type Log,
  offset,
  type Source,
  type SourceBatch,
  type SourceReader,
  systemClock,
} from "@millrace/core";
import { t } from "millrace";
import { csv, json, openMemoryLog, openTopic, topic, type TopicOptions } from "millrace/log";
import { expect, test } from "vitest";

const Row = t.row({ n: t.int32(), name: t.utf8() });
const rows = Array.from({ length: 23 }, (_, n) => ({ n, name: `row ${n}` }));

async function open(log: Log, options: TopicOptions = {}): Promise<Source> {
  const { rowType, options: data } = topic("rows", json(Row), options);
  const opening = topicConnector.openTopicSource?.({
    sourceId: "rows",
    options: data,
    schema: rowType.schema,
    columns: ["name"],
    validators: new Map(),
    partitions: 1,
    clock: systemClock,
    signal: new AbortController().signal,
    log,
  });
  return (await opening) as Source;
}

async function logOf(perAppend: number): Promise<Log> {
  const log = openMemoryLog();
  const topicOfRows = await openTopic(log, "rows", json(Row));
  for (let from = 0; from < rows.length; from += perAppend) {
    await topicOfRows.append(rows.slice(from, from + perAppend));
  }
  return log;
}

/** Names of the rows, and the position before each read. */
async function drain(
  reader: SourceReader,
  rowsMax: number,
): Promise<{ names: string[]; batches: SourceBatch[]; end: string }> {
  const names: string[] = [];
  const batches: SourceBatch[] = [];
  for (;;) {
    const got = await reader.read(rowsMax);
    if (typeof got === "string") return { names, batches, end: got };
    batches.push(got);
    const fields = Row.schema.fields.filter((field) => field.name === "name");
    for (const { name } of batchToRows({ fields }, got.rows)) names.push(name as string);
  }
}

test.each([1, 4, 100])("positions continue anywhere; %i rows a read", async (rowsMax) => {
  const source = await open(await logOf(5));
  const whole = await drain(await source.openReader(0, undefined), rowsMax);
  expect(whole.names).toEqual(rows.map((row) => row.name));
  expect(whole.end).toBe("caught-up");
  let read = 0;
  for (const batch of whole.batches) {
    expect(batch.firstOffset).toBe(read);
    read += batch.rows.numRows;
    const position = JSON.parse(JSON.stringify(batch.position)) as Json;
    const rest = await drain(await source.openReader(0, position), 3);
    expect(rest.names).toEqual(rows.slice(read).map((row) => row.name));
  }
});

test("until end: what comes after the opening is not read", async () => {
  const log = await logOf(100);
  const source = await open(log, { until: "end" });
  await (await openTopic(log, "rows", json(Row))).append([{ n: 99, name: "later" }]);
  const reader = await source.openReader(0, undefined);
  expect(source.isBounded).toBe(true);
  expect(await drain(reader, 10)).toMatchObject({ end: "end", names: rows.map((r) => r.name) });
  expect(reader.progress()).toEqual({ done: 23, total: 23, unit: "rows" });
});

test("the fingerprint stays as a topic grows, and changes when it is made anew", async () => {
  const log = await logOf(100);
  const before = (await open(log)).fingerprint;
  const again = await openTopic(log, "rows", json(Row));
  await again.append(rows);
  expect((await open(log)).fingerprint).toBe(before);
  await log.deleteTopics(["rows"]);
  await openTopic(log, "rows", json(Row));
  expect((await open(log)).fingerprint).not.toBe(before);
});

test("a refused record stands between rows with their own offsets", async () => {
  const log = await logOf(3);
  const writer = await log.openWriter("raw", await log.joinGroup("raw"));
  writer.append("rows", 0, new TextEncoder().encode("[]"));
  await writer.commit();
  await (await openTopic(log, "rows", json(Row))).append(rows.slice(0, 2));
  const reader = await (await open(log)).openReader(0, { offset: "22" });
  const { batches } = await drain(reader, 100);
  expect(batches.flatMap((batch) => batch.deadLetters)).toMatchObject([{ offset: 23, raw: "[]" }]);
  const offsets = batches.flatMap((batch) =>
    Array.from({ length: batch.rows.numRows }, (_, row) => {
      return batch.firstOffset + (batch.recordIndex?.[row] ?? row);
    }),
  );
  expect(offsets).toEqual([22, 24, 25]);
});

test("csv records are lines without their ends", async () => {
  const log = openMemoryLog();
  await (await openTopic(log, "rows", csv(Row))).append(rows.slice(0, 1));
  const reader = await log.openReader("rows", 0, (await log.bounds("rows", 0)).start);
  expect(new TextDecoder().decode((await reader.read(100)).buffer)).toBe("0,row 0");
});

/** A reader at offset 5 of a log that no longer has its first ten rows. */
async function truncated(options: TopicOptions): Promise<SourceReader> {
  const log = await logOf(5);
  const reader = await (await open(log, options)).openReader(0, { offset: "5" });
  await log.truncate("rows", 0, offset(10n));
  return reader;
}

test("a record that was truncated unread: LOG_OFFSET_OUT_OF_RANGE, unless told to go on", async () => {
  const names = rows.map((row) => row.name);
  const failing = await truncated({});
  await expect(failing.read(100)).rejects.toMatchObject({ code: "LOG_OFFSET_OUT_OF_RANGE" });
  const { batches, ...earliest } = await drain(
    await truncated({ offsetOutOfRange: "earliest" }),
    4,
  );
  expect(earliest).toEqual({ names: names.slice(10), end: "caught-up" });
  expect(batches.flatMap(({ deadLetters }) => deadLetters)).toEqual([
    {
      code: "LOG_OFFSET_OUT_OF_RANGE",
      reason: "Offset 5 of rows[0] is outside 10…23.",
      raw: "",
      place: { topic: "rows", goesOnAt: "10" },
      offset: 5,
      partition: 0,
      operatorId: "rows",
    },
  ]);
});

test.each([
  [{}, "caught-up"],
  [{ until: "end" }, "end"],
] as const)("what was missed is told where nothing is left to read: %j", async (options, end) => {
  const reader = await truncated({ ...options, offsetOutOfRange: "latest" });
  const latest = await drain(reader, 4);
  expect(latest).toMatchObject({ names: [], end });
  expect(latest.batches).toHaveLength(1);
  expect(latest.batches[0]).toMatchObject({
    position: { offset: "23" },
    deadLetters: [{ code: "LOG_OFFSET_OUT_OF_RANGE", offset: 5, place: { goesOnAt: "23" } }],
  });
});

test("startAt latest: a fresh start reads what comes after the opening, a position stays", async () => {
  const log = await logOf(5);
  const source = await open(log, { startAt: "latest" });
  await (await openTopic(log, "rows", json(Row))).append([{ n: 99, name: "later" }]);
  expect((await drain(await source.openReader(0, undefined), 10)).names).toEqual(["later"]);
  const known = await drain(await source.openReader(0, { offset: "22" }), 10);
  expect(known.names).toEqual(["row 22", "later"]);
});

test.each([
  [{ startAt: "newest" }, 'startAt must be "earliest" or "latest"'],
  [{ offsetOutOfRange: "none" }, 'offsetOutOfRange must be "fail" or "earliest" or "latest"'],
  [{ until: "now" }, 'until must be "end"'],
])("a word that a topic does not know: %j", (options, problem) => {
  expect(() => topic("rows", json(Row), options as unknown as TopicOptions)).toThrow(problem);
});
