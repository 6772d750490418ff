import { ManualClock } from "@millrace/conformance";
import { describe, expect, it } from "vitest";
import { CommitPolicy } from "../src/task/commit-policy.ts";

describe("when a task commits", () => {
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
