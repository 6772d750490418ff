import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { batchToRows } from "@millrace/columnar";
import { arrow, csv, mapFileError, ndjson, openFiles } from "@millrace/connectors/files";
import {
  type Json,
  type Source,
  type SourceDescriptor,
  systemClock,
  type RowType,
  t,
} from "@millrace/core";
import { describe, expect, it } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "text-files-"));
const Row = t.row({ n: t.int32(), name: t.utf8() });

function open(descriptor: SourceDescriptor<object>, partitions = 1): Promise<Source> {
  const { schema } = descriptor.rowType;
  return openFiles({
    sourceId: "s",
    options: descriptor.options,
    schema,
    columns: schema.fields.map((f) => f.name),
    validators: new Map(),
    partitions,
    clock: systemClock,
    signal: new AbortController().signal,
  });
}

async function readAll(
  descriptor: SourceDescriptor<object>,
  rowsMax: number,
  position?: Json,
  rowsWanted = Infinity,
) {
  const source = await open(descriptor);
  const reader = await source.openReader(0, position);
  const rows: object[] = [];
  const letters: object[] = [];
  const positions: Json[] = [];
  try {
    while (rows.length < rowsWanted) {
      const got = await reader.read(rowsMax);
      if (typeof got === "string") break;
      rows.push(...batchToRows(descriptor.rowType.schema, got.rows));
      letters.push(...got.deadLetters);
      positions.push(got.position);
    }
  } finally {
    await reader.close();
    await source.close();
  }
  return { rows, letters, positions };
}

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe("csv", () => {
  const lines = Array.from({ length: 30_000 }, (_, n) =>
    n % 991 === 7 ? `bad${n},"x"` : `"a ""long""\nname ${n}",${n}`,
  );
  const first = write("1.csv", `\uFEFFname,n\r\n${lines.join("\r\n")}`);
  const second = write("2.csv", "n,name\n-1,z\n");
  const descriptor = csv([first, second], Row);

  it("gives the same rows and dead letters from any position and rowsMax", async () => {
    const whole = await readAll(descriptor, 100_000);
    const small = await readAll(descriptor, 777);
    expect(small.rows).toEqual(whole.rows);
    expect(small.letters).toEqual(whole.letters);
    expect(whole.rows.at(-1)).toEqual({ n: -1, name: "z" });
    for (const position of [small.positions[3]!, small.positions[25]!]) {
      const rest = await readAll(descriptor, 1000, position);
      expect(rest.rows).toEqual(whole.rows.slice(whole.rows.length - rest.rows.length));
      expect(rest.letters).toEqual(whole.letters.slice(-rest.letters.length));
    }
  });

  it("tells the line of a bad record behind line ends in quotes", async () => {
    const { letters } = await readAll(descriptor, 5000);
    expect(letters[0]).toMatchObject({ offset: 7, place: { file: first, line: 2 + 7 * 2 } });
    expect(letters[1]).toMatchObject({ offset: 998, place: { line: 2 + 998 * 2 - 1 } });
  });

  it("names the file and its columns when one is missing", async () => {
    const path = write("other.csv", "n,nom\n1,a\n");
    await expect(readAll(csv(path, Row), 10)).rejects.toMatchObject({
      code: "FILE_COLUMN_MISSING",
      params: { path, column: "name", columns: ["n", "nom"] },
    });
  });

  it("reads with other dialects", async () => {
    const path = write("plain.csv", "1;a\n2;-\n");
    const Nullable = t.row({ n: t.int32(), name: t.utf8().nullable() });
    const options = { delimiter: ";", hasHeader: false, nullValues: ["-"] };
    const { rows } = await readAll(csv(path, Nullable, options), 10);
    expect(rows).toEqual([
      { n: 1, name: "a" },
      { n: 2, name: null },
    ]);
  });

  it("follows a file from before its header on", async () => {
    const path = write("grows.csv", "n,na");
    const source = await open(csv(path, Row, { follow: true }));
    const reader = await source.openReader(0, undefined);
    expect(await reader.read(10)).toBe("caught-up");
    appendFileSync(path, "me\n1,a\n2,");
    expect(await reader.read(10)).toMatchObject({ rows: { numRows: 1 } });
    expect(await reader.read(10)).toBe("caught-up");
    appendFileSync(path, "b\n");
    expect(await reader.read(10)).toMatchObject({ firstOffset: 1, rows: { numRows: 1 } });
    await reader.close();
  });
});

describe("ndjson", () => {
  it("skips a byte order mark", async () => {
    const path = write("mark.ndjson", '\uFEFF{"n":1,"name":"a"}\n');
    expect((await readAll(ndjson(path, Row), 10)).rows).toEqual([{ n: 1, name: "a" }]);
  });

  it("resumes within records that followed a long one", async () => {
    const long = JSON.stringify({ n: 0, name: "x".repeat(900_000) });
    const short = Array.from({ length: 30_000 }, (_, n) => JSON.stringify({ n, name: "y" }));
    const path = write("long.ndjson", [long, ...short.slice(0, 9000), long, ...short].join("\n"));
    const whole = await readAll(ndjson(path, Row), 100_000);
    const small = await readAll(ndjson(path, Row), 999);
    for (const position of small.positions) {
      const rest = await readAll(ndjson(path, Row), 5000, position, 1);
      const { offset } = position as { offset: number };
      expect(rest.rows.slice(0, 50)).toEqual(whole.rows.slice(offset, offset + 50));
    }
  });
});

describe("arrow", () => {
  const flights = fileURLToPath(
    new URL("../../../../node_modules/vega-datasets/data/flights-200k.arrow", import.meta.url),
  );

  it("reads a real file, with wider columns than it has", async () => {
    const Flight = t.row({ time: t.float64(), delay: t.int16(), distance: t.int64() });
    const { rows, positions } = await readAll(arrow(flights, Flight), 60_000, undefined, 120_000);
    expect(rows.length).toBe(120_000);
    const rest = await readAll(arrow(flights, Flight), 100, positions[0], 100);
    expect(rest.rows).toEqual(rows.slice(60_000, 60_100));
  });

  const misfits: readonly [code: string, rowType: RowType<object>][] = [
    ["FILE_COLUMN_MISSING", t.row({ other: t.utf8() })],
    ["FILE_COLUMN_TYPE", t.row({ delay: t.int8() })],
  ];

  it.each(misfits)("says %s for a file that does not fit", async (code, rowType) => {
    await expect(readAll(arrow(flights, rowType), 10)).rejects.toMatchObject({ code });
  });

  it.each([100, 400, 500_000])("says FILE_CORRUPT for a file cut at %i bytes", async (size) => {
    const path = join(folder, `cut-${size}.arrow`);
    writeFileSync(path, readFileSync(flights).subarray(0, size));
    const Flight = t.row({ delay: t.int16() });
    await expect(readAll(arrow(path, Flight), 10)).rejects.toMatchObject({ code: "FILE_CORRUPT" });
  });

  it("says FILE_CORRUPT for a file that is no Arrow", async () => {
    const path = write("no.arrow", "this is not an Arrow file, but text");
    await expect(readAll(arrow(path, Row), 10)).rejects.toMatchObject({ code: "FILE_CORRUPT" });
  });
});

describe("paths", () => {
  it("match by glob, in order", async () => {
    mkdirSync(join(folder, "deep/er"), { recursive: true });
    write("deep/b.ndjson", '{"n":2,"name":""}');
    write("deep/er/a.ndjson", '{"n":3,"name":""}');
    write("deep/a.ndjson", '{"n":1,"name":""}');
    const { rows } = await readAll(ndjson(join(folder, "deep/**/?.ndjson"), Row), 10);
    expect(rows.map((row) => (row as { n: number }).n)).toEqual([1, 2, 3]);
  });

  it.each([
    ["FILE_NOT_FOUND", join(folder, "none.csv")],
    ["FILE_NOT_FOUND", join(folder, "none*.csv")],
    ["FILE_READ_FAILED", folder],
  ])("say %s when they name no file", async (code, path) => {
    await expect(open(csv(path, Row))).rejects.toMatchObject({ code });
  });

  it.skipIf(process.getuid?.() === 0)(
    "say FILE_PERMISSION_DENIED in a closed directory",
    async () => {
      mkdirSync(join(folder, "closed"));
      const path = write("closed/a.csv", "n,name\n");
      chmodSync(join(folder, "closed"), 0);
      await expect(open(csv(path, Row))).rejects.toMatchObject({ code: "FILE_PERMISSION_DENIED" });
    },
  );
});

describe("mapFileError", () => {
  it.each([
    ["ENOENT", "FILE_NOT_FOUND"],
    ["EISDIR", "FILE_READ_FAILED"],
    ["EACCES", "FILE_PERMISSION_DENIED"],
    ["EIO", "FILE_READ_FAILED"],
  ])("maps %s to %s", (code, expected) => {
    expect(mapFileError(Object.assign(new Error(code), { code }), "a").code).toBe(expected);
  });
});
