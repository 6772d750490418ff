import { logSuite } from "@millrace/conformance";
import { type Log, type LogRecords, offset, recordValue, systemClock } from "@millrace/core";
import { openKafkaLog } from "@millrace/log";
import { expect, it } from "vitest";
import { describeWithOwnCluster } from "../../../../dev/services/describe.mjs";

/** All committed values of partition 0. */
async function valuesIn(log: Log, topic: string): Promise<string[]> {
  const { end } = await log.bounds(topic, 0);
  const reader = await log.openReader(topic, 0, offset(0));
  const values: string[] = [];
  while (reader.position < end) {
    const records = await reader.read(1 << 20);
    for (let index = 0; index < records.count; index++) {
      values.push(Buffer.from(recordValue(records, index)).toString());
    }
    if (records.count === 0) await systemClock.sleep(10);
  }
  await reader.close();
  return values;
}

// The suite counts all topics and deletes them: others' are no business of it.
describeWithOwnCluster("a log on Kafka", { nodes: 1 }, (kafka) => {
  logSuite({
    name: "Kafka",
    open: async () => {
      const open = () => openKafkaLog({ brokers: kafka.brokers }, systemClock);
      let log = await open();
      return {
        log,
        reopen: async () => {
          await log.close();
          log = await open();
          return log;
        },
        cleanUp: async () => {
          const topics = await log.topics();
          await log.deleteTopics(topics.map((topic) => topic.name));
          await log.close();
        },
      };
    },
  });

  it("uses the memory of records again that nobody reads any more, and of no others", async () => {
    const log = await openKafkaLog({ brokers: kafka.brokers }, systemClock);
    const topic = `memory-${process.pid}`;
    const [partitions, commits, perCommit, size] = [3, 6, 4_000, 1_000];
    await log.createTopic({ name: topic, partitions, kind: "records" });
    const record = (partition: number, index: number): Buffer =>
      Buffer.alloc(size, `${partition}:${index};`);
    const writer = await log.openWriter(topic, await log.joinGroup(`${topic}s`));
    for (let commit = 0; commit < commits; commit += 1) {
      for (let at = 0; at < perCommit; at += 1) {
        for (let partition = 0; partition < partitions; partition += 1) {
          writer.append(topic, partition, record(partition, commit * perCommit + at));
        }
      }
      await writer.commit();
    }
    const wrong: string[] = [];
    const check = (partition: number, first: number, records: LogRecords): void => {
      for (let at = 0; at < records.count; at += 1) {
        const isSame = record(partition, first + at).equals(recordValue(records, at));
        if (!isSame) wrong.push(`${partition}/${first + at}`);
      }
    };
    // One reads much at a time, one little, and one keeps all that it gets.
    const wholes = new Set<ArrayBufferLike>();
    const kept: { readonly first: number; readonly records: LogRecords }[] = [];
    const readAll = async (partition: number, bytes: number, isTransient: boolean) => {
      const reader = await log.openReader(topic, partition, offset(0), { isTransient });
      for (let next = 0; next < commits * perCommit;) {
        const records = await reader.read(bytes);
        check(partition, next, records);
        if (partition === 0) wholes.add(records.buffer.buffer);
        if (!isTransient) kept.push({ first: next, records });
        next += records.count;
        await systemClock.sleep(partition === 1 ? 1 : 0);
      }
      await reader.close();
    };
    await Promise.all([readAll(0, 1 << 24, true), readAll(1, 1 << 20, true)]);
    await Promise.all([readAll(0, 1 << 24, true), readAll(2, 1 << 20, false)]);
    for (const { first, records } of kept) check(2, first, records);
    expect(wrong).toEqual([]);
    // 48 MB of it came in answers of some megabytes each.
    expect(wholes.size).toBeLessThan(10);
    await log.close();
  });

  it("a topic that another process deletes has nothing to be truncated, and others still are", async () => {
    const log = await openKafkaLog({ brokers: kafka.brokers }, systemClock);
    const other = await openKafkaLog({ brokers: kafka.brokers }, systemClock);
    const [gone, stays] = [`gone-${process.pid}`, `stays-${process.pid}`];
    const writer = await log.openWriter(gone, await log.joinGroup(`${gone}s`));
    for (const name of [gone, stays]) {
      await log.createTopic({ name, partitions: 1, kind: "records" });
      for (const value of ["a", "b", "c"]) writer.append(name, 0, Buffer.from(value));
    }
    await writer.commit();
    await log.truncate(gone, 0, offset(2));
    await log.truncate(stays, 0, offset(1));
    await other.deleteTopics([gone]);
    await systemClock.sleep(1_500);
    await log.truncate(stays, 0, offset(2));
    await log.close();
    expect((await other.bounds(stays, 0)).start).toBe(offset(2));
    await other.close();
  });

  it("without transactions what is committed is there, and a failed commit may be in part", async () => {
    const log = await openKafkaLog({ brokers: kafka.brokers, isAtLeastOnce: true }, systemClock);
    const [first, last] = [`plain-${process.pid}`, `plain-${process.pid}-last`];
    await log.createTopic({ name: first, partitions: 1, kind: "records" });
    await log.createTopic({ name: last, partitions: 1, kind: "records" });
    const membership = await log.joinGroup(`${first}s`);
    const writer = await log.openWriter(first, membership);
    writer.append(first, 0, Buffer.from("a"));
    writer.noteRead?.(last, 0, offset(7));
    writer.append(last, 0, Buffer.from("1"));
    await writer.commit();
    const other = await log.openWriter(first, membership);
    writer.append(first, 0, Buffer.from("b"));
    await writer.commit();
    other.append(first, 0, Buffer.from("c"));
    other.append(last, 0, Buffer.alloc(9 * 1024 * 1024));
    await expect(other.commit()).rejects.toMatchObject({ code: "LOG_COMMIT_INDEFINITE" });
    expect(await valuesIn(log, first)).toEqual(["a", "b", "c"]);
    expect(await valuesIn(log, last)).toEqual(["1"]);
    await log.close();
  });

  it("a record that is too large for its topic aborts the commit, and the next writer goes on", async () => {
    const log = await openKafkaLog({ brokers: kafka.brokers }, systemClock);
    const [topic, id] = [`large-${process.pid}`, `large-${process.pid}-writer`];
    await log.createTopic({ name: topic, partitions: 1, kind: "records" });
    const membership = await log.joinGroup(`${id}s`);
    const writer = await log.openWriter(id, membership);
    writer.append(topic, 0, Buffer.from("small"));
    writer.append(topic, 0, Buffer.alloc(9 * 1024 * 1024));
    const aborted = { code: "KAFKA_RECORD_TOO_LARGE" };
    await expect(writer.commit()).rejects.toMatchObject(aborted);

    const next = await log.openWriter(id, membership);
    next.append(topic, 0, Buffer.from("next"));
    await next.commit();
    expect(await valuesIn(log, topic)).toEqual(["next"]);
    await log.deleteTopics([topic]);
    await log.close();
  });

  it("several readers of a partition all get what comes", async () => {
    const log = await openKafkaLog({ brokers: kafka.brokers }, systemClock);
    const name = `twins-${process.pid}`;
    await log.createTopic({ name, partitions: 1, kind: "records" });
    const readers = [
      await log.openReader(name, 0, offset(0)),
      await log.openReader(name, 0, offset(0)),
    ];
    for (const reader of readers) expect((await reader.read(1024)).count).toBe(0);
    const writer = await log.openAppender();
    const counts = [0, 0];
    for (let written = 1; written <= 3; written++) {
      writer.append(name, 0, Buffer.from("record"));
      await writer.commit();
      for (let tries = 0; tries < 200 && counts.some((count) => count < written); tries++) {
        for (const [index, reader] of readers.entries()) {
          counts[index] = (counts[index] ?? 0) + (await reader.read(1024)).count;
        }
        await systemClock.sleep(5);
      }
      expect(counts).toEqual([written, written]);
    }
    for (const each of [...readers, writer]) await each.close();
    await log.deleteTopics([name]);
    await log.close();
  });

  it.each(["gzip", "snappy", "lz4", "zstd"] as const)(
    "what is compressed with %s is read without being told, also where memory is used again",
    async (compression) => {
      const log = await openKafkaLog({ brokers: kafka.brokers, compression }, systemClock);
      const plain = await openKafkaLog({ brokers: kafka.brokers }, systemClock);
      const name = `compressed-${compression}`;
      await log.createTopic({ name, partitions: 1, kind: "records" });
      await plain.topics();
      const writers = [await log.openAppender(), await plain.openAppender()];
      const written: string[] = [];
      for (let round = 0; round < 6; round++) {
        for (const writer of writers) {
          const values = Array.from({ length: 50 }, (_, at) => `${"ab".repeat(40)} ${round} ${at}`);
          for (const value of values) writer.append(name, 0, new TextEncoder().encode(value));
          written.push(...values);
          await writer.commit();
        }
      }
      const { end } = await plain.bounds(name, 0);
      const reader = await plain.openReader(name, 0, offset(0));
      const read: string[] = [];
      while (reader.position < end) {
        const records = await reader.read(1_000_000);
        for (let at = 0; at < records.count; at++) {
          read.push(new TextDecoder().decode(recordValue(records, at)));
        }
      }
      expect(read).toEqual(written);
      await Promise.all([log.close(), plain.close()]);
    },
  );
});
