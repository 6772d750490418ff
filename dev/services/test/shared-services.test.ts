import { expect, it } from "vitest";
import { describeWithRegistry } from "../describe.mjs";
import { startService } from "../services.mjs";
import { brokerAnswers } from "./broker-answers.ts";

describeWithRegistry("the services of a test run", (registry) => {
  it("start once and serve all who ask", async () => {
    const kafka = await startService("kafka");
    expect(kafka.brokers).toEqual(registry.brokers);
    expect(kafka.brokers).toHaveLength(1);
    expect(await brokerAnswers(kafka.brokers[0] ?? "")).toBe(true);
  });

  it("hold a registry that answers as Confluent's does", async () => {
    const subjects = await fetch(`${registry.url}/subjects`);
    expect(subjects.status).toBe(200);
    const config = await fetch(`${registry.url}/config`);
    expect(await config.json()).toMatchObject({ compatibilityLevel: "BACKWARD" });
  });
});
