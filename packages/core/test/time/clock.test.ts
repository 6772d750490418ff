import { expect, test } from "vitest";
import { systemClock } from "../../src/time/clock.ts";

test("monotonic time does not go back", () => {
  const before = systemClock.monotonicMs();
  expect(systemClock.monotonicMs()).toBeGreaterThanOrEqual(before);
});

test("a sleep ends at once when it was aborted before", async () => {
  await expect(systemClock.sleep(1_000_000, AbortSignal.abort())).resolves.toBeUndefined();
});

test("a sleep ends when it is aborted", async () => {
  const abort = new AbortController();
  const sleeping = systemClock.sleep(1_000_000, abort.signal);
  abort.abort();
  await expect(sleeping).resolves.toBeUndefined();
});
