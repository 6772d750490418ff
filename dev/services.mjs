// Real servers for development:
// `npm run services -- up|down|status [kafka|kafka3|registry|postgres|redis|mongodb]…`.
//
// up      starts what is named, `kafka` by default, and what that needs; installs it before, once
// down    ends what is named, all by default; data is kept unless --delete-data is given
// status  says what runs, of what is named or of all
//
// --kafka-port N (19092), --kafka3-port N (19192 and the two after it), --registry-port N (18081),
// --postgres-port N (15432), --redis-port N (16379), --mongodb-port N (17017)
// --json  one line of JSON on standard output; progress goes to standard error in any case
//
// S1. Servers outlive this program, and data outlives servers.
// S2. Exit codes: 0 done, or all of what is named runs; 1 failed; 2 the command line is wrong;
//     3 `status` found something that does not run; 4 the machine lacks what a server needs.
import { parseArgs } from "node:util";
import { secondsSince } from "./run.mjs";
import { missingFor } from "./services/missing.mjs";
import { runScript } from "./services/server.mjs";

const usage = `npm run services -- up|down|status [kafka|kafka3|registry|postgres|redis|mongodb]…
  --kafka-port N  --kafka3-port N  --registry-port N  --postgres-port N  --redis-port N
  --mongodb-port N  --delete-data  --json
`;

const exitCode = { failed: 1, usage: 2, notRunning: 3, missing: 4 };

class UsageError extends Error {}

const progress = (text) => process.stderr.write(`${text}\n`);

const hostAndPort = (port) => `127.0.0.1:${port}`;

/** What each service is at the given ports; in the order in which they start. */
function servicesAt(ports) {
  const kafka = { script: "kafka.sh", place: ["--port", String(ports.kafka)] };
  const kafka3 = { script: "kafka.sh", place: ["--port", String(ports.kafka3)] };
  const registry = { script: "schema-registry.sh", place: ["--port", String(ports.registry)] };
  return {
    kafka: {
      ...kafka,
      needs: ["kafka"],
      start: ["--nodes", "1"],
      address: { brokers: [hostAndPort(ports.kafka)] },
    },
    kafka3: {
      ...kafka3,
      needs: ["kafka3"],
      start: ["--nodes", "3"],
      address: { brokers: [0, 1, 2].map((node) => hostAndPort(ports.kafka3 + node)) },
    },
    registry: {
      ...registry,
      needs: ["kafka", "registry"],
      start: ["--kafka", hostAndPort(ports.kafka)],
      address: { url: `http://${hostAndPort(ports.registry)}/apis/ccompat/v7` },
    },
    postgres: store("postgres", ports, (place) => `postgres://millrace:millrace@${place}/millrace`),
    redis: store("redis", ports, (place) => `redis://${place}`),
    mongodb: store("mongodb", ports, (place) => `mongodb://${place}/?directConnection=true`),
  };
}

function store(name, ports, urlAt) {
  return {
    script: `${name}.sh`,
    place: ["--port", String(ports[name])],
    needs: [name],
    start: [],
    address: { url: urlAt(hostAndPort(ports[name])) },
  };
}

function readPort(text, name) {
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1_024 && port <= 64_000) return port;
  throw new UsageError(`--${name} wants a port from 1024 to 64000, not ${JSON.stringify(text)}`);
}

function readCommandLine(args) {
  const port = (value) => ({ type: "string", default: value });
  let parsed;
  try {
    parsed = parseArgs({
      args,
      allowPositionals: true,
      options: {
        "kafka-port": port("19092"),
        "kafka3-port": port("19192"),
        "registry-port": port("18081"),
        "postgres-port": port("15432"),
        "redis-port": port("16379"),
        "mongodb-port": port("17017"),
        "delete-data": { type: "boolean", default: false },
        json: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error.message);
  }
  const [command, ...names] = parsed.positionals;
  const { values } = parsed;
  const services = servicesAt({
    kafka: readPort(values["kafka-port"], "kafka-port"),
    kafka3: readPort(values["kafka3-port"], "kafka3-port"),
    registry: readPort(values["registry-port"], "registry-port"),
    postgres: readPort(values["postgres-port"], "postgres-port"),
    redis: readPort(values["redis-port"], "redis-port"),
    mongodb: readPort(values["mongodb-port"], "mongodb-port"),
  });
  const unknown = names.find((name) => !Object.hasOwn(services, name));
  if (unknown !== undefined) throw new UsageError(`there is no service ${JSON.stringify(unknown)}`);
  return { command, names, services, isJson: values.json, deletesData: values["delete-data"] };
}

async function mustRun({ script, place }, command, more = []) {
  const onNote = (line) => progress(`  ${line}`);
  const { code } = await runScript(script, [command, ...place, ...more], { onNote });
  if (code !== 0) throw new Error(`${script} ${command} failed, as it says above`);
}

async function up({ names, services }) {
  const asked = names.length > 0 ? names : ["kafka"];
  const isNeeded = (name) => asked.some((other) => services[other].needs.includes(name));
  const needed = Object.keys(services).filter(isNeeded);
  for (const name of needed) {
    const missing = missingFor(name);
    if (missing === undefined) continue;
    progress(`${name} cannot run here: ${missing}.`);
    progress("With Docker: docker compose -f dev/services/compose.yaml up --wait");
    return { code: exitCode.missing, states: [{ name, state: "missing", reason: missing }] };
  }
  for (const name of needed) {
    const begin = performance.now();
    progress(`${name}: starting`);
    await mustRun(services[name], "start", services[name].start);
    progress(`${name}: ready (${secondsSince(begin)})`);
  }
  return status({ names: needed, services });
}

async function down({ names, services, deletesData }) {
  const order = Object.keys(services).toReversed();
  const asked = names.length > 0 ? order.filter((name) => names.includes(name)) : order;
  for (const name of asked) {
    progress(`${name}: stopping`);
    await mustRun(services[name], "stop");
    if (deletesData) await mustRun(services[name], "destroy");
  }
  const { states } = await status({ names: asked, services });
  return { code: 0, states };
}

/** How a service stands: all of its nodes run, some do, or none. */
async function stateOf(name, { script, place, address }) {
  const { code, stdout } = await runScript(script, ["status", ...place]);
  if (code === 0) return { name, state: "running", ...address };
  return { name, state: /\brunning\b/.test(stdout) ? "degraded" : "stopped" };
}

async function status({ names, services }) {
  const asked = names.length > 0 ? names : Object.keys(services);
  const states = await Promise.all(asked.map((name) => stateOf(name, services[name])));
  const isRunning = states.every(({ state }) => state === "running");
  return { code: isRunning ? 0 : exitCode.notRunning, states };
}

function print(states, isJson) {
  if (isJson) {
    process.stdout.write(`${JSON.stringify({ services: states })}\n`);
    return;
  }
  for (const { name, state, url, brokers, reason } of states) {
    const detail = url ?? brokers?.join(",") ?? reason ?? "";
    process.stdout.write(`${name}: ${state} ${detail}`.trimEnd() + "\n");
  }
}

async function main(args) {
  const commandLine = readCommandLine(args);
  const command = { up, down, status }[commandLine.command];
  if (command === undefined) throw new UsageError("say up, down or status");
  const { code, states } = await command(commandLine);
  print(states, commandLine.isJson);
  return code;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const isUsage = error instanceof UsageError;
  process.stderr.write(`${error.message}\n${isUsage ? usage : ""}`);
  process.exitCode = isUsage ? exitCode.usage : exitCode.failed;
}
