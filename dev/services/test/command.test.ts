import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeWithKafka } from "../describe.mjs";
import { servicesHome } from "../missing.mjs";
import { reservePorts } from "../ports.mjs";
import { brokerAnswers } from "./broker-answers.ts";
import { runNode } from "./run-node.ts";

const program = fileURLToPath(new URL("../../services.mjs", import.meta.url));

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "millrace-home-"));
});
afterAll(() => rm(home, { recursive: true }));

const services = (words: string[], env: Record<string, string> = {}) =>
  runNode([program, ...words], { MILLRACE_SERVICES: home, ...env });

describe("npm run services", () => {
  it.each([
    [[], "say up, down or status"],
    [["up", "rabbit"], 'there is no service "rabbit"'],
    [["up", "--port", "1"], "Unknown option '--port'"],
    [["up", "--kafka-port", "x"], '--kafka-port wants a port from 1024 to 64000, not "x"'],
  ])("refuses %j with code 2", async (words, message) => {
    const { code, stderr } = await services(words);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });

  it("names what is missing, and Docker, with code 4", async () => {
    const { code, stdout, stderr } = await services(["up", "registry", "--json"], { PATH: home });
    expect(code).toBe(4);
    expect(stderr).toContain("kafka cannot run here: ");
    expect(stderr).toContain("docker compose -f dev/services/compose.yaml up --wait");
    expect(JSON.parse(stdout)).toMatchObject({ services: [{ name: "kafka", state: "missing" }] });
  });
});

describeWithKafka("npm run services with Kafka", () => {
  it("starts it, finds it running, and ends it", { timeout: 120_000 }, async () => {
    await mkdir(join(home, "kafka"));
    const version = process.env.MILLRACE_KAFKA_VERSION ?? "4.3.1";
    const installed = join(servicesHome(process.env), "kafka", version);
    await symlink(installed, join(home, "kafka", version));
    const { first, release } = await reservePorts();
    const port = ["--kafka-port", String(first)];
    const running = [{ name: "kafka", state: "running", brokers: [`127.0.0.1:${first}`] }];

    const before = await services(["status", "kafka", ...port, "--json"]);
    expect(before.code).toBe(3);
    const up = await services(["up", ...port, "--json"]);
    expect(up).toMatchObject({ code: 0 });
    expect(JSON.parse(up.stdout)).toEqual({ services: running });
    expect(await brokerAnswers(`127.0.0.1:${first}`)).toBe(true);
    const after = await services(["status", "kafka", ...port]);
    expect(after).toMatchObject({ code: 0, stdout: `kafka: running 127.0.0.1:${first}\n` });

    const down = await services(["down", "kafka", ...port, "--delete-data", "--json"]);
    expect(down.code).toBe(0);
    expect(JSON.parse(down.stdout)).toEqual({ services: [{ name: "kafka", state: "stopped" }] });
    expect(await brokerAnswers(`127.0.0.1:${first}`)).toBe(false);
    expect(existsSync(join(home, "kafka", "run", String(first)))).toBe(false);
    await release();
  });
});
