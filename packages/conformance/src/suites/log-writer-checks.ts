import type { GroupMembership, LogPartition } from "@millrace/core";
import { expect } from "vitest";
import { bytes, type Check, codeOf, contents, topic } from "./log-fixture.ts";

const homeChecks: Record<string, Check> = {
  "writers with homes that commit at the same time keep their own order and all of their records":
    async (f) => {
      const open = (partition: number) =>
        f.log.openWriter(`w${partition}`, f.membership, { topic, partition });
      const writers = [await open(0), await open(1)];
      for (let round = 0; round < 5; round++) {
        for (const [own, writer] of writers.entries()) {
          writer.append(topic, own, bytes(`${own} ${round}`));
          writer.append(topic, 1 - own, bytes(`${own} ${round}`));
        }
        await Promise.all(writers.map((writer) => writer.commit()));
      }
      for (const values of await contents(f.log)) {
        for (const own of [0, 1]) {
          const expected = [0, 1, 2, 3, 4].map((round) => `${own} ${round}`);
          expect(values.filter((value) => value.startsWith(`${own} `))).toEqual(expected);
        }
        expect(values).toHaveLength(10);
      }
    },
  "a commit that waits while a newer writer with the home is opened appears before it or never":
    async (f) => {
      const home = { topic, partition: 0 };
      const other = await f.log.openWriter("v", f.membership, { topic, partition: 1 });
      const older = await f.log.openWriter("w", f.membership, home);
      other.append(topic, 1, bytes("v"));
      older.append(topic, 0, bytes("old"));
      const committing = [other.commit(), older.commit()];
      const newer = await f.log.openWriter("w", f.membership, home);
      const { end } = await f.log.bounds(topic, 0);
      await Promise.allSettled(committing);
      expect((await f.log.bounds(topic, 0)).end).toBe(end);
      newer.append(topic, 0, bytes("new"));
      await newer.commit();
      const [values = []] = await contents(f.log);
      expect(values.at(-1)).toBe("new");
      older.append(topic, 0, bytes("late"));
      expect(await codeOf(older.commit())).toBe("LOG_WRITER_FENCED");
    },
};

const fencingChecks = (home: LogPartition | undefined): Record<string, Check> => ({
  "opening a writer fences the older one": async (f) => {
    const older = await f.log.openWriter("w", f.membership, home);
    older.append(topic, 0, bytes("old"));
    const newer = await f.log.openWriter("w", f.membership, home);
    expect(await codeOf(older.commit())).toBe("LOG_WRITER_FENCED");
    newer.append(topic, 0, bytes("new"));
    await newer.commit();
    expect(await contents(f.log)).toEqual([["new"], []]);
  },
  "a fenced writer cannot commit even an empty transaction": async (f) => {
    const older = await f.log.openWriter("w", f.membership, home);
    await f.log.openWriter("w", f.membership, home);
    expect(await codeOf(older.commit())).toBe("LOG_WRITER_FENCED");
  },
  "a writer does not fence those of other ids": async (f) => {
    const writer = await f.log.openWriter("w", f.membership, home);
    await f.log.openWriter("v", f.membership, home);
    writer.append(topic, 0, bytes("a"));
    await writer.commit();
    expect(await contents(f.log)).toEqual([["a"], []]);
  },
});

const generationChecks = (home: LogPartition | undefined): Record<string, Check> => ({
  "a stale generation cannot open a writer": async (f) => {
    await f.log.joinGroup("group");
    expect(await codeOf(f.log.openWriter("w", f.membership, home))).toBe("LOG_GENERATION_STALE");
  },
  "a stale generation cannot commit": async (f) => {
    const writer = await f.log.openWriter("w", f.membership, home);
    writer.append(topic, 0, bytes("a"));
    await f.log.joinGroup("group");
    expect(await codeOf(writer.commit())).toBe("LOG_GENERATION_STALE");
    expect(await contents(f.log)).toEqual([[], []]);
  },
  "a commit that was refused with its generation is made in a newer one": async (f) => {
    let current = f.membership;
    const membership: GroupMembership = {
      get group() {
        return current.group;
      },
      get generation() {
        return current.generation;
      },
      get member() {
        return current.member;
      },
    };
    const writer = await f.log.openWriter("w", membership, home);
    writer.append(topic, 0, bytes("a"));
    await writer.commit();
    const newer = await f.log.joinGroup("group");
    writer.append(topic, 0, bytes("b"));
    writer.append(topic, 1, bytes("c"));
    expect(await codeOf(writer.commit())).toBe("LOG_GENERATION_STALE");
    expect(await codeOf(writer.commit())).toBe("LOG_GENERATION_STALE");
    expect(await contents(f.log)).toEqual([["a"], []]);
    current = newer;
    await writer.commit();
    writer.append(topic, 0, bytes("d"));
    await writer.commit();
    expect(await contents(f.log)).toEqual([["a", "b", "d"], ["c"]]);
  },
  "a writer that was opened anew meanwhile fences the commit that is made again": async (f) => {
    const writer = await f.log.openWriter("w", f.membership, home);
    writer.append(topic, 0, bytes("a"));
    const newer = await f.log.joinGroup("group");
    expect(await codeOf(writer.commit())).toBe("LOG_GENERATION_STALE");
    await f.log.openWriter("w", newer, home);
    expect(await codeOf(writer.commit())).toBe("LOG_WRITER_FENCED");
    expect(await contents(f.log)).toEqual([[], []]);
  },
});

function named(words: string, checks: Record<string, Check>): Record<string, Check> {
  return Object.fromEntries(
    Object.entries(checks).map(([sentence, check]) => [`${sentence}, ${words}`, check]),
  );
}

const home = { topic, partition: 0 };

/** How writers end each other, and what a group ends; without homes and with them. */
export const writerChecks: Readonly<Record<string, Check>> = {
  ...fencingChecks(undefined),
  ...generationChecks(undefined),
  ...named("with homes", { ...fencingChecks(home), ...generationChecks(home) }),
  ...homeChecks,
};
