import { describe, expect, it } from "vitest";
import { AnswerMemory } from "../../src/transport/answer-memory.ts";

const MiB = 1024 * 1024;

describe("AnswerMemory", () => {
  it("uses the memory of a large answer again once it was given back", () => {
    const memory = new AnswerMemory();
    const first = memory.take(3 * MiB - 5);
    expect(first.length).toBe(3 * MiB - 5);
    const second = memory.take(3 * MiB);
    expect(second.buffer).not.toBe(first.buffer);
    memory.giveBack(first.subarray(100, 200));
    const third = memory.take(3 * MiB);
    expect(third.buffer).toBe(first.buffer);
    expect(third.length).toBe(3 * MiB);
  });

  it("takes nothing back twice, and nothing that is not its own", () => {
    const memory = new AnswerMemory();
    const answer = memory.take(MiB);
    memory.giveBack(answer);
    memory.giveBack(answer);
    memory.giveBack(Buffer.alloc(MiB));
    expect(memory.take(MiB).buffer).toBe(answer.buffer);
    expect(memory.take(MiB).buffer).not.toBe(answer.buffer);
  });

  it("takes the smallest block that is large enough, and none that is not", () => {
    const memory = new AnswerMemory();
    const [small, large] = [memory.take(MiB), memory.take(8 * MiB)];
    memory.giveBack(large);
    memory.giveBack(small);
    expect(memory.take(9 * MiB).length).toBe(9 * MiB);
    expect(memory.take(MiB / 2).buffer).toBe(small.buffer);
    expect(memory.take(MiB / 2).buffer).toBe(large.buffer);
  });

  it("keeps a bounded amount", () => {
    const memory = new AnswerMemory();
    const taken = Array.from({ length: 6 }, () => memory.take(16 * MiB));
    for (const block of taken) memory.giveBack(block);
    const again = Array.from({ length: 6 }, () => memory.take(16 * MiB).buffer);
    const kept = taken.filter(({ buffer }) => again.includes(buffer));
    expect(kept).toHaveLength(4);
  });
});
