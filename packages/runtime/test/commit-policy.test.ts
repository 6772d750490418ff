import { ManualClock } from "@millrace/conformance";
import { describe, expect, it } from "vitest";
import { CommitPolicy } from "../src/task/commit-policy.ts";

describe("when a task commits", () => {
  it("a task that keeps up pauses as long as its last commit took, at most 20 ms", async () => {
    const clock = new ManualClock();
    const policy = new CommitPolicy(clock);
    expect(policy.pauseMs).toBe(0);
    policy.committed(8);
    expect(policy.pauseMs).toBe(8);
    await clock.advance(3);
    expect(policy.pauseMs).toBe(5);
    await clock.advance(5);
    expect(policy.pauseMs).toBe(0);
    policy.committed(1000);
    expect(policy.pauseMs).toBe(20);
    policy.committed(0.5);
    expect(policy.pauseMs).toBe(0);
  });

  it("a task with more to read commits after 400 ms, or four times as long as a commit took", async () => {
    const clock = new ManualClock();
    const policy = new CommitPolicy(clock);
    policy.committed(50);
    await clock.advance(399);
    expect(policy.isDue(0)).toBe(false);
    await clock.advance(1);
    expect(policy.isDue(0)).toBe(true);
    policy.committed(200);
    await clock.advance(799);
    expect(policy.isDue(0)).toBe(false);
    expect(policy.isDue(16 * 1024 * 1024)).toBe(true);
    await clock.advance(1);
    expect(policy.isDue(0)).toBe(true);
  });
});
