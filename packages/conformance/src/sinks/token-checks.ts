import { expect } from "vitest";
import { readingRows, readings, readingsTable } from "./readings.ts";
import { type SinkCheck, token } from "./sink-store.ts";

const first = { partition: 0, expected: undefined };
const fenced = { code: "SINK_FENCED" };

/** The token moves with the rows, and only from where the writer takes it to be. */
export const tokenChecks: Readonly<Record<string, SinkCheck>> = {
  "the token is undefined before the first write and is read back after it": async (f) => {
    const table = readingsTable(f);
    const sink = await f.open(table);
    expect(await sink.readToken(0)).toBeUndefined();
    await sink.write({ ...first, rows: readings(1, 2), next: token(2) });
    expect(await sink.readToken(0)).toEqual(token(2));
    expect(await sink.readToken(1)).toBeUndefined();
    expect(await f.read(table)).toEqual(readingRows(1, 2));
  },
  "the token outlives the sink": async (f) => {
    const table = readingsTable(f);
    const sink = await f.openAlone(table);
    const far = { generation: 3, offset: 2n ** 53n + 1n };
    await sink.write({ ...first, rows: readings(1), next: far });
    await sink.close();
    expect(await (await f.open(table)).readToken(0)).toEqual(far);
  },
  "a token that is not the expected one fences the writer, and none of its rows appear": async (
    f,
  ) => {
    const table = readingsTable(f);
    const sink = await f.open(table);
    await sink.write({ ...first, rows: readings(1), next: token(1) });
    for (const expected of [undefined, token(2), token(1, 2)]) {
      const write = sink.write({ partition: 0, rows: readings(9), expected, next: token(9) });
      await expect(write).rejects.toMatchObject(fenced);
    }
    await sink.write({ partition: 0, rows: readings(2), expected: token(1), next: token(2) });
    expect(await f.read(table)).toEqual(readingRows(1, 2));
  },
  "a write without rows moves the token": async (f) => {
    const table = readingsTable(f);
    const sink = await f.open(table);
    await sink.write({ ...first, rows: [], next: token(5) });
    await sink.write({ partition: 0, rows: readings(), expected: token(5), next: token(6) });
    expect(await sink.readToken(0)).toEqual(token(6));
  },
  "the same write a second time is refused": async (f) => {
    const table = readingsTable(f);
    const sink = await f.open(table);
    const write = { ...first, rows: readings(1), next: token(1) };
    await sink.write(write);
    await expect(sink.write(write)).rejects.toMatchObject(fenced);
    expect(await f.read(table)).toEqual(readingRows(1));
  },
  "a writer that wakes up after its successor wrote changes nothing": async (f) => {
    const table = readingsTable(f);
    const zombie = await f.open(table);
    await zombie.write({ ...first, rows: readings(1), next: token(1) });
    const successor = await f.open(table);
    const taken = await successor.readToken(0);
    expect(taken).toEqual(token(1));
    await successor.write({ partition: 0, rows: readings(2), expected: taken, next: token(2) });
    const late = zombie.write({ partition: 0, rows: readings(3), expected: taken, next: token(3) });
    await expect(late).rejects.toMatchObject(fenced);
    await successor.write({ partition: 0, rows: readings(4), expected: token(2), next: token(4) });
    expect(await f.read(table)).toEqual(readingRows(1, 2, 4));
  },
  "of two writers at the same time one writes and the other one is fenced": async (f) => {
    const table = readingsTable(f);
    const sinks = [await f.open(table), await f.open(table)];
    const written: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      const expected = round === 0 ? undefined : token(round);
      const next = token(round + 1);
      const ids = [round * 2, round * 2 + 1];
      const outcomes = await Promise.allSettled(
        sinks.map((sink, index) =>
          sink.write({ partition: 0, rows: readings(ids[index] as number), expected, next }),
        ),
      );
      for (const [index, outcome] of outcomes.entries()) {
        if (outcome.status === "fulfilled") written.push(ids[index] as number);
        else expect(outcome.reason).toMatchObject(fenced);
      }
    }
    expect(written).toHaveLength(4);
    expect(await f.read(table)).toEqual(readingRows(...written));
  },
  "partitions are written side by side, each with a token of its own": async (f) => {
    const table = readingsTable(f);
    const sink = await f.open(table);
    const partitions = [0, 1, 2, 3];
    for (const round of [0, 1, 2]) {
      const expected = round === 0 ? undefined : token(round);
      await Promise.all(
        partitions.map((partition) =>
          sink.write({
            partition,
            rows: readings(partition * 10 + round),
            expected,
            next: token(round + 1),
          }),
        ),
      );
    }
    const ids = partitions.flatMap((partition) => [0, 1, 2].map((round) => partition * 10 + round));
    expect(await f.read(table)).toEqual(readingRows(...ids));
  },
};
