import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { reservePorts } from "./ports.mjs";

/** Small and quick to start; the servers of a test have little to do. */
const forTests = { heap: "256m", env: { MILLRACE_KAFKA_JVM: "-XX:TieredStopAtLevel=1" } };
/** With the optimising compiler, as a broker that runs for long. */
const forMeasuring = { heap: "1g", env: {} };

/**
 * Runs one of the scripts beside this file.
 *
 * @param {string} script its name
 * @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, onNote?: (line: string) => void, input?: string }} [options]
 *   `onNote` gets what the script says of its progress; `input` is what it reads
 * @returns {Promise<{ code: number, stdout: string, stderr: string }>}
 */
export function runScript(script, args, options = {}) {
  return new Promise((resolve, reject) => {
    const path = fileURLToPath(new URL(script, import.meta.url));
    const child = spawn("bash", [path, ...args], {
      env: { ...process.env, ...options.env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    // A script that has ended without reading what it was given is judged by its exit code.
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input);
    const texts = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text) => (texts.stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text) => {
      texts.stderr += text;
      for (const line of text.split("\n")) if (line !== "") options.onNote?.(line);
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? 1, ...texts }));
  });
}

async function mustRun(script, args, options) {
  const { code, stdout, stderr } = await runScript(script, args, options);
  if (code !== 0) throw new Error(`${script} ${args[0]} failed: ${stderr.trim() || stdout.trim()}`);
  return stdout;
}

/**
 * Stores that sinks are tested on: one server each, whose script prints its URL when it starts. The
 * settings are those of tests: nothing that they do crashes the machine itself.
 */
export const stores = {
  postgres: { script: "postgres.sh", label: "PostgreSQL", settings: { fsync: "off" } },
  redis: { script: "redis.sh", label: "Redis", settings: {} },
  mongodb: { script: "mongodb.sh", label: "MongoDB (SecantusDB)", settings: {} },
};

/**
 * One server of a store in a directory of its own, on a port of its own.
 *
 * @param {{ name: string, directory: string, settings?: Record<string, string | number>,
 *   onNote?: (line: string) => void }} options
 * @returns {Promise<{ url: string, control: (action: string) => Promise<void>,
 *   destroy: () => Promise<void> }>} `control` does what the script calls kill, stop, start, pause
 *   or resume
 */
export async function startStore({ name, directory, settings = {}, onNote }) {
  const { script, settings: forTests } = stores[name];
  const ports = await reservePorts();
  const place = ["--dir", directory, "--port", String(ports.first)];
  const sets = Object.entries({ ...forTests, ...settings }).flatMap(([key, value]) => [
    "--set",
    `${key}=${value}`,
  ]);
  const destroy = async () => {
    await mustRun(script, ["destroy", ...place]);
    await ports.release();
  };
  const start = () => mustRun(script, ["start", ...place, ...sets], { onNote });
  try {
    const url = (await start()).trim().split("\n").at(-1);
    const control = async (action) => {
      if (action === "start") await start();
      else await mustRun(script, [action, ...place]);
    };
    return { url, control, destroy };
  } catch (error) {
    await destroy();
    throw error;
  }
}

/**
 * A Kafka of one or three nodes in a directory of its own, on ports of its own.
 *
 * @param {{ directory: string, nodes: 1 | 3, settings?: Record<string, string | number>,
 *   isMeasured?: boolean, onNote?: (line: string) => void }} options `settings` go to every broker
 * @returns {Promise<{ brokers: string[], control: (action: string, node: number) => Promise<void>,
 *   destroy: () => Promise<void> }>} `control` does what kafka.sh calls kill, stop, start, pause or
 *   resume to node 1, 2 or 3
 */
export async function startKafka({ directory, nodes, settings = {}, isMeasured, onNote }) {
  const { heap, env } = isMeasured === true ? forMeasuring : forTests;
  const ports = await reservePorts();
  const place = ["--dir", directory, "--port", String(ports.first)];
  const start = [
    "start",
    ...place,
    "--nodes",
    String(nodes),
    "--heap",
    heap,
    ...Object.entries(settings).flatMap(([key, value]) => ["--set", `${key}=${value}`]),
  ];
  const destroy = async () => {
    await mustRun("kafka.sh", ["destroy", ...place]);
    await ports.release();
  };
  try {
    await mustRun("kafka.sh", start, { env, onNote });
  } catch (error) {
    await destroy();
    throw error;
  }
  return {
    brokers: Array.from({ length: nodes }, (_, node) => `127.0.0.1:${ports.first + node}`),
    control: (action, node) =>
      action === "start"
        ? mustRun("kafka.sh", [...start, "--node", String(node)], { env })
        : mustRun("kafka.sh", [action, ...place, "--node", String(node)]),
    destroy,
  };
}

/**
 * A schema registry that keeps its schemas in the given Kafka.
 *
 * @param {{ directory: string, brokers: readonly string[], onNote?: (line: string) => void }}
 *   options
 * @returns {Promise<{ url: string }>} its Confluent API
 */
export async function startRegistry({ directory, brokers, onNote }) {
  const { first } = await reservePorts();
  const words = ["--dir", directory, "--port", String(first), "--kafka", brokers.join(",")];
  await mustRun("schema-registry.sh", ["start", ...words], { onNote });
  return { url: `http://127.0.0.1:${first}/apis/ccompat/v7` };
}
