import { type Offset, offset, recordOffset, recordValue, seededRandom } from "@millrace/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  bytes,
  type Check,
  codeOf,
  contents,
  drain,
  type Fixture,
  type LogUnderTest,
  offsetsFrom,
  rangesOf,
  text,
  topic,
  write,
} from "./log-fixture.ts";
import { writerChecks } from "./log-writer-checks.ts";

/** A log implementation, and the checks it is excused from. */
export interface LogSuiteOptions {
  readonly name: string;
  open(): Promise<LogUnderTest>;
  readonly skip?: readonly { readonly check: string; readonly reason: string }[];
}

/**
 * Registers the tests that hold a log to its contract (L1–L5); each starts with a topic of two
 * partitions.
 */
export function logSuite(options: LogSuiteOptions): void {
  describe(`${options.name} as a log`, () => {
    let fixture: Fixture;
    beforeEach(async () => {
      const opened = await options.open();
      await opened.log.createTopic({ name: topic, partitions: 2, kind: "records" });
      const membership = await opened.log.joinGroup("group");
      fixture = {
        log: opened.log,
        reopen: () => opened.reopen(),
        cleanUp: () => opened.cleanUp(),
        membership,
      };
    });
    afterEach(() => fixture.cleanUp());
    const checks = {
      ...transactionChecks,
      ...writerChecks,
      ...groupChecks,
      ...readingChecks,
      ...topicChecks,
    };
    for (const [sentence, check] of Object.entries(checks)) {
      const skipped = options.skip?.find((entry) => entry.check === sentence);
      const reason = skipped === undefined ? "" : ` (${skipped.reason})`;
      it.skipIf(skipped !== undefined)(`${sentence}${reason}`, () => check(fixture));
    }
  });
}

const transactionChecks: Record<string, Check> = {
  "records of a transaction become readable together at its commit": async (f) => {
    const writer = await f.log.openWriter("w", f.membership);
    writer.append(topic, 0, bytes("a"));
    writer.append(topic, 1, bytes("b"));
    expect(await contents(f.log)).toEqual([[], []]);
    await writer.commit();
    expect(await contents(f.log)).toEqual([["a"], ["b"]]);
  },
  "an aborted transaction leaves nothing": async (f) => {
    const writer = await f.log.openWriter("w", f.membership);
    writer.append(topic, 0, bytes("a"));
    writer.abort();
    expect(writer.pendingBytes).toBe(0);
    writer.append(topic, 0, bytes("b"));
    await writer.commit();
    expect(await contents(f.log)).toEqual([["b"], []]);
  },
  "an empty transaction writes nothing": async (f) => {
    const writer = await f.log.openWriter("w", f.membership);
    await writer.commit();
    expect(await f.log.bounds(topic, 0)).toEqual({ start: 0n, end: 0n });
  },
  "pending bytes count what was appended since the last commit": async (f) => {
    const writer = await f.log.openWriter("w", f.membership);
    writer.append(topic, 0, bytes("abc"));
    writer.append(topic, 1, bytes("de"));
    expect(writer.pendingBytes).toBe(5);
    await writer.commit();
    expect(writer.pendingBytes).toBe(0);
  },
  "what was acknowledged survives reopening": async (f) => {
    await write(f, 0, ["a", "b"]);
    const log = await f.reopen();
    expect(await contents(log)).toEqual([["a", "b"], []]);
    const { generation } = await log.joinGroup("group");
    expect(generation).toBeGreaterThan(f.membership.generation);
  },
  "concurrent writers of different ids interleave whole transactions": async (f) => {
    const ids = ["x", "y", "z"];
    const writers = await Promise.all(ids.map((id) => f.log.openWriter(id, f.membership)));
    for (let round = 0; round < 5; round++) {
      for (const writer of writers) {
        for (let part = 0; part < 3; part++) {
          writer.append(topic, 0, bytes(`${writer.id}${round}`));
          writer.append(topic, 1, bytes(`${writer.id}${round}`));
        }
      }
      await Promise.all(writers.map((writer) => writer.commit()));
    }
    const [first = [], second] = await contents(f.log);
    expect(first).toEqual(second);
    expect(first).toHaveLength(45);
    for (let index = 0; index < first.length; index += 3) {
      expect(new Set(first.slice(index, index + 3)).size).toBe(1);
    }
  },
};

const groupChecks: Record<string, Check> = {
  "a member that is alone in its group has all, under a membership that others can end": async (
    f,
  ) => {
    const about = { partitions: [0, 1] };
    const assigned: unknown[] = [];
    const group = await f.log.openGroup({
      group: "workers",
      about: () => about,
      assign: async (members, { group: name }) => {
        assigned.push(
          name,
          members.map((member) => member.about),
        );
        return new Map(members.map(({ id }) => [id, `all for ${members.length}`]));
      },
    });
    const { membership, isLeader, share, changed } = await group.join();
    expect([isLeader, share, changed.aborted]).toEqual([true, "all for 1", false]);
    expect(assigned).toEqual(["workers", [about]]);
    const writer = await f.log.openWriter("w", membership);
    writer.append(topic, 0, bytes("a"));
    await writer.commit();
    await f.log.joinGroup("workers");
    writer.append(topic, 0, bytes("b"));
    expect(await codeOf(writer.commit())).toBe("LOG_GENERATION_STALE");
    await group.leave();
    expect(await contents(f.log)).toEqual([["a"], []]);
  },
  "generations of groups are independent": async (f) => {
    await f.log.joinGroup("other");
    const writer = await f.log.openWriter("w", f.membership);
    expect(await codeOf(writer.commit())).toBe(undefined);
  },
};

const readingChecks: Record<string, Check> = {
  "a reader resumes at an offset": async (f) => {
    await write(f, 0, ["a", "b", "c"]);
    const reader = await f.log.openReader(topic, 0, offset(1));
    const records = await reader.read(1_000_000);
    expect([records.baseOffset, records.count]).toEqual([1n, 2]);
    expect(reader.position).toBeGreaterThanOrEqual(3n);
    expect((await reader.read(1_000_000)).count).toBe(0);
    await write(f, 0, ["d"]);
    expect(await drain(reader)).toEqual(["d"]);
  },
  "read respects bytesMax but always gives at least one record": async (f) => {
    await write(f, 0, ["aaaa", "bbbb", "cccc"]);
    const reader = await f.log.openReader(topic, 0, offset(0));
    expect((await reader.read(1)).count).toBe(1);
    expect((await reader.read(8)).count).toBe(2);
  },
  "what a read gave stays as it is after further reads and commits": async (f) => {
    await write(f, 0, ["aaaa", "bbbb"]);
    const reader = await f.log.openReader(topic, 0, offset(0));
    const first = await reader.read(4);
    await reader.read(4);
    await write(f, 0, ["cccc"]);
    await f.log.truncate(topic, 0, offset(3));
    expect(text(recordValue(first, 0))).toBe("aaaa");
  },
  "values over one buffer are records like others, in order": async (f) => {
    const writer = await f.log.openWriter("w", f.membership);
    const buffer = bytes("xaaabbxcx");
    const valueStart = Int32Array.of(1, 4, 6, 7);
    const valueLength = Int32Array.of(3, 2, 0, 1);
    writer.append(topic, 0, bytes("first"));
    writer.appendAll(topic, 0, { count: 4, buffer, valueStart, valueLength });
    writer.append(topic, 0, bytes("last"));
    expect(writer.pendingBytes).toBe(15);
    await writer.commit();
    expect(await contents(f.log)).toEqual([["first", "aaa", "bb", "", "c", "last"], []]);
    for (let from = 0; from <= 6; from++) {
      const values = await drain(await f.log.openReader(topic, 0, offset(from)));
      expect(values).toEqual(["first", "aaa", "bb", "", "c", "last"].slice(from));
    }
  },
  "truncation may end among values over one buffer": async (f) => {
    const writer = await f.log.openWriter("w", f.membership);
    const places = { valueStart: Int32Array.of(0, 1, 2), valueLength: Int32Array.of(1, 1, 1) };
    writer.appendAll(topic, 0, { count: 3, buffer: bytes("abc"), ...places });
    await writer.commit();
    await f.log.truncate(topic, 0, offset(2));
    const { start, end } = await f.log.bounds(topic, 0);
    expect(start).toBe(2n);
    expect(await drain(await f.log.openReader(topic, 0, offset(2)))).toEqual(["c"]);
    await f.log.truncate(topic, 0, end);
    await write(f, 0, ["d"]);
    expect(await drain(await f.log.openReader(topic, 0, end))).toEqual(["d"]);
  },
  "read respects bytesMax among values over one buffer": async (f) => {
    const writer = await f.log.openWriter("w", f.membership);
    const places = { valueStart: Int32Array.of(0, 4, 8), valueLength: Int32Array.of(4, 4, 4) };
    writer.appendAll(topic, 0, { count: 3, buffer: bytes("aaaabbbbcccc"), ...places });
    await writer.commit();
    const reader = await f.log.openReader(topic, 0, offset(0));
    expect((await reader.read(1)).count).toBe(1);
    expect((await reader.read(8)).count).toBe(2);
    expect((await reader.read(8)).count).toBe(0);
  },
  "whatever was appended how, each offset keeps its value": async (f) => {
    const random = seededRandom(1);
    const whole = (below: number): number => Math.floor(random.next() * below);
    const model: { readonly value: string; readonly at: Offset }[] = [];
    let start = 0;
    for (let round = 0; round < 60; round++) {
      const writer = await f.log.openWriter("w", f.membership);
      const { end: before } = await f.log.bounds(topic, 0);
      const written: string[] = [];
      for (let part = whole(3); part >= 0; part--) {
        const isMany = whole(4) === 0;
        const lengthMax = isMany ? 1_000 : 40_000;
        const values = Array.from({ length: isMany ? whole(600) : whole(12) }, () =>
          "x".repeat(whole(lengthMax)),
        );
        const numbered = values.map((value, index) => `${written.length + index}${value}`);
        if (whole(2) === 0) for (const value of numbered) writer.append(topic, 0, bytes(value));
        else writer.appendAll(topic, 0, rangesOf(numbered));
        written.push(...numbered);
      }
      await writer.commit();
      const offsets = await offsetsFrom(f.log, before);
      expect(offsets).toHaveLength(written.length);
      written.forEach((value, index) => model.push({ value, at: offsets[index]! }));
      if (whole(3) === 0 && model.length > 0) {
        start += whole(model.length - start);
        await f.log.truncate(topic, 0, model[start]!.at);
      }
      const from = start + whole(model.length - start);
      const reader = await f.log.openReader(topic, 0, model[from]?.at ?? before);
      for (let at = from; at < model.length;) {
        const records = await reader.read(1 + whole(200_000));
        expect(records.count).toBeGreaterThan(0);
        for (let index = 0; index < records.count; index++, at++) {
          expect(recordOffset(records, index)).toBe(model[at]?.at);
          expect(text(recordValue(records, index)) === model[at]?.value).toBe(true);
        }
      }
      await reader.close();
    }
  },
  "an empty value is a record": async (f) => {
    await write(f, 0, ["", "a", ""]);
    expect(await contents(f.log)).toEqual([["", "a", ""], []]);
  },
  "a value that is a part of a larger buffer is kept exactly": async (f) => {
    const writer = await f.log.openWriter("w", f.membership);
    writer.append(topic, 0, bytes("xxabcxx").subarray(2, 5));
    await writer.commit();
    expect(await contents(f.log)).toEqual([["abc"], []]);
  },
  "a value of a megabyte comes back byte for byte": async (f) => {
    const value = Uint8Array.from({ length: 1_048_577 }, (_, index) => (index * 31) % 251);
    const writer = await f.log.openWriter("w", f.membership);
    writer.append(topic, 0, value);
    await writer.commit();
    const reader = await f.log.openReader(topic, 0, offset(0));
    expect(Buffer.compare(recordValue(await reader.read(1), 0), value)).toBe(0);
  },
  "truncation keeps the offsets of what remains": async (f) => {
    await write(f, 0, ["a", "b", "c", "d"]);
    await f.log.truncate(topic, 0, offset(2));
    const { start, end } = await f.log.bounds(topic, 0);
    expect(start).toBe(2n);
    expect(await drain(await f.log.openReader(topic, 0, offset(2)))).toEqual(["c", "d"]);
    await write(f, 0, ["e"]);
    expect(await drain(await f.log.openReader(topic, 0, end))).toEqual(["e"]);
  },
  "truncating before the start again changes nothing": async (f) => {
    await write(f, 0, ["a", "b", "c"]);
    await f.log.truncate(topic, 0, offset(2));
    await f.log.truncate(topic, 0, offset(1));
    expect((await f.log.bounds(topic, 0)).start).toBe(2n);
    expect(await drain(await f.log.openReader(topic, 0, offset(2)))).toEqual(["c"]);
  },
  "a wholly truncated partition goes on at its end": async (f) => {
    await write(f, 0, ["a", "b"]);
    const { end } = await f.log.bounds(topic, 0);
    await f.log.truncate(topic, 0, end);
    const log = await f.reopen();
    expect(await log.bounds(topic, 0)).toEqual({ start: end, end });
  },
  "reading below the start is LOG_OFFSET_OUT_OF_RANGE": async (f) => {
    await write(f, 0, ["a", "b"]);
    const reader = await f.log.openReader(topic, 0, offset(0));
    await f.log.truncate(topic, 0, offset(1));
    expect(await codeOf(reader.read(1))).toBe("LOG_OFFSET_OUT_OF_RANGE");
  },
  "reading past the end is LOG_OFFSET_OUT_OF_RANGE": async (f) => {
    const reader = await f.log.openReader(topic, 0, offset(1));
    expect(await codeOf(reader.read(1))).toBe("LOG_OFFSET_OUT_OF_RANGE");
  },
  "an appender is fenced by nobody and fences nobody": async (f) => {
    const [first, second] = [await f.log.openAppender(), await f.log.openAppender()];
    const writer = await f.log.openWriter("w", f.membership);
    for (const each of [first, second, writer]) {
      each.append(topic, 0, bytes("a"));
      await each.commit();
    }
    await f.log.joinGroup("group");
    first.append(topic, 0, bytes("b"));
    await first.commit();
    expect(await contents(f.log)).toEqual([["a", "a", "a", "b"], []]);
  },
  "truncating past the end is LOG_OFFSET_OUT_OF_RANGE": async (f) => {
    expect(await codeOf(f.log.truncate(topic, 0, offset(1)))).toBe("LOG_OFFSET_OUT_OF_RANGE");
  },
};

const topicChecks: Record<string, Check> = {
  "a topic keeps its number of partitions": async (f) => {
    await f.log.createTopic({ name: topic, partitions: 2, kind: "records" });
    const again = f.log.createTopic({ name: topic, partitions: 3, kind: "records" });
    expect(await codeOf(again)).toBe("LOG_TOPIC_MISMATCH");
  },
  "a topic keeps its id until it is created again": async (f) => {
    const idOf = async () => (await f.log.topics()).find((info) => info.name === topic)?.id;
    const before = await idOf();
    await f.log.createTopic({ name: topic, partitions: 2, kind: "records" });
    expect(await idOf()).toBe(before);
    await f.log.deleteTopics([topic]);
    await f.log.createTopic({ name: topic, partitions: 2, kind: "records" });
    expect(await idOf()).not.toBe(before);
  },
  "topics lists what was created": async (f) => {
    await f.log.createTopic({ name: "p.changes.changelog", partitions: 1, kind: "changelog" });
    const names = (await f.log.topics()).map((spec) => `${spec.name} ${spec.kind}`);
    expect(names.sort()).toEqual(["p.changes.changelog changelog", "readings records"]);
  },
  "an unknown topic is LOG_TOPIC_UNKNOWN": async (f) => {
    const writer = await f.log.openWriter("w", f.membership);
    const append = async () => writer.append("other", 0, bytes("a"));
    expect(await codeOf(append())).toBe("LOG_TOPIC_UNKNOWN");
    expect(await codeOf(f.log.bounds("other", 0))).toBe("LOG_TOPIC_UNKNOWN");
    expect(await codeOf(f.log.openReader("other", 0, offset(0)))).toBe("LOG_TOPIC_UNKNOWN");
    expect(await codeOf(f.log.truncate("other", 0, offset(0)))).toBe("LOG_TOPIC_UNKNOWN");
  },
  "deleting an unknown topic is no error": async (f) => {
    await f.log.deleteTopics(["other"]);
    expect(await f.log.topics()).toHaveLength(1);
  },
  "a topic that is created again starts empty and is unknown to older readers": async (f) => {
    await write(f, 0, ["a"]);
    const reader = await f.log.openReader(topic, 0, offset(0));
    await f.log.deleteTopics([topic]);
    await f.log.createTopic({ name: topic, partitions: 2, kind: "records" });
    expect(await contents(f.log)).toEqual([[], []]);
    expect(await codeOf(reader.read(1))).toBe("LOG_TOPIC_UNKNOWN");
  },
  "a transaction over a deleted topic appears nowhere": async (f) => {
    await f.log.createTopic({ name: "p.doomed.sink", partitions: 1, kind: "sink" });
    const writer = await f.log.openWriter("w", f.membership);
    writer.append(topic, 0, bytes("a"));
    writer.append("p.doomed.sink", 0, bytes("b"));
    await f.log.deleteTopics(["p.doomed.sink"]);
    expect(await codeOf(writer.commit())).toBe("LOG_TOPIC_UNKNOWN");
    expect(await contents(f.log)).toEqual([[], []]);
  },
};
