import { type Clock, millraceError } from "@millrace/core";
import { expect, it } from "vitest";
import { retrying } from "../../src/cluster/retry.ts";
import { kafkaErrorNamed } from "../../src/requests/kafka-errors.ts";

/** A clock on which only sleeping takes time. */
function clockOf(): Clock & { slept: number[] } {
  let now = 0;
  const slept: number[] = [];
  return {
    slept,
    now: () => now as ReturnType<Clock["now"]>,
    monotonicMs: () => now,
    async sleep(ms) {
      slept.push(ms);
      now += ms;
    },
  };
}

const codeOf = (name: string): number => kafkaErrorNamed(name)?.code ?? -1;
const options = { request: "Test", waitMs: 100 };

it("what is not ready is asked again, later and later", async () => {
  const clock = clockOf();
  const errors = [...Array<string>(4).fill("COORDINATOR_LOAD_IN_PROGRESS"), ""];
  let asked = 0;
  const value = await retrying(clock, options, async () => {
    const error = errors[asked++] ?? "";
    return { error: error === "" ? 0 : codeOf(error), value: "done" };
  });
  expect(value).toBe("done");
  expect(clock.slept).toEqual([1, 2, 4, 8]);
});

it("who has moved is looked for before it is asked again", async () => {
  const steps: string[] = [];
  const onMoved = async (): Promise<void> => void steps.push("look");
  await retrying(clockOf(), { ...options, onMoved }, async () => {
    steps.push("ask");
    return { error: steps.length === 1 ? codeOf("NOT_LEADER_OR_FOLLOWER") : 0, value: undefined };
  });
  expect(steps).toEqual(["ask", "look", "ask"]);
});

it("asking ends when the time is over", async () => {
  const attempt = async () => ({ error: codeOf("CONCURRENT_TRANSACTIONS"), value: undefined });
  await expect(retrying(clockOf(), options, attempt)).rejects.toMatchObject({
    code: "KAFKA_NOT_READY",
    params: { error: "CONCURRENT_TRANSACTIONS", waitedMs: 127 },
  });
});

it("what is refused is not asked again", async () => {
  let asked = 0;
  const attempt = async () => ({ error: codeOf("INVALID_CONFIG"), value: asked++ });
  await expect(retrying(clockOf(), options, attempt)).rejects.toMatchObject({
    code: "KAFKA_REQUEST_REFUSED",
  });
  expect(asked).toBe(1);
});

it("a broker out of reach is asked again until the time is over", async () => {
  const params = { broker: "b:1", problem: "it is gone" };
  const attempt = async (): Promise<never> => {
    throw millraceError("KAFKA_UNREACHABLE", params);
  };
  await expect(retrying(clockOf(), options, attempt)).rejects.toMatchObject({
    code: "KAFKA_UNREACHABLE",
  });
});
