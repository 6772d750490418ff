import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { expect, it } from "vitest";
import { describeWithKafka } from "../describe.mjs";
import { brokerAnswers } from "./broker-answers.ts";

const program = `
import { startService } from ${JSON.stringify(new URL("../services.mjs", import.meta.url).href)};
console.log((await startService("kafka")).brokers[0]);
setInterval(() => undefined, 1000);
`;

/** Starts a process that has no keeper from vitest, and waits until its Kafka runs. */
async function startOther() {
  const { MILLRACE_SERVICES_SOCKET: _, ...env } = process.env;
  const words = ["--input-type=module", "--eval", program];
  const child = spawn(process.execPath, words, { env, stdio: ["ignore", "pipe", "ignore"] });
  const [broker] = await once(createInterface({ input: child.stdout }), "line");
  return { child, broker: String(broker) };
}

describeWithKafka("a process outside of vitest", (kafka) => {
  it(
    "has a Kafka of its own, which ends with it even when it is killed",
    { timeout: 120_000 },
    async () => {
      const { child, broker } = await startOther();
      expect(kafka.brokers).not.toContain(broker);
      expect(await brokerAnswers(broker)).toBe(true);
      child.kill("SIGKILL");
      await expect.poll(() => brokerAnswers(broker), { timeout: 60_000 }).toBe(false);
      expect(await brokerAnswers(kafka.brokers[0] ?? "")).toBe(true);
    },
  );
});
