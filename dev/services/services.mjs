// Real servers for tests and benchmarks. In a run of vitest all files share one keeper; any other
// process has one of its own, which ends with it.
import { Connection } from "./connection.mjs";
import { openKeeper } from "./keeper.mjs";
import { missingFor } from "./missing.mjs";
import { runScript } from "./server.mjs";

let ownKeeper;

async function keeperSocket() {
  const shared = process.env.MILLRACE_SERVICES_SOCKET;
  if (shared !== undefined) return shared;
  ownKeeper ??= openKeeper();
  return (await ownKeeper).socket;
}

/** Whether a missing service is a failure, not a reason to skip. */
export function areServicesRequired(env = process.env) {
  return env.MILLRACE_REQUIRE_SERVICES === "1";
}

/** Starts or finds a shared service. */
export async function startService(name) {
  const connection = new Connection(await keeperSocket());
  try {
    const { brokers, url } = await connection.ask({ service: name });
    return { ...(brokers === undefined ? {} : { brokers }), ...(url === undefined ? {} : { url }) };
  } finally {
    connection.close();
  }
}

/** Starts or finds a shared service, or says why there is none. */
export async function service(name) {
  const skipReason = missingFor(name);
  if (skipReason === undefined) return startService(name);
  if (areServicesRequired()) throw new Error(`${name} is required: ${skipReason}`);
  return { skipReason };
}

/** Starts a Kafka that nobody else uses, whose brokers can be killed. */
export async function ownCluster(options = {}) {
  const { nodes = 3, settings = {}, isMeasured = false } = options;
  const missing = missingFor("kafka");
  if (missing !== undefined) throw new Error(`a cluster cannot be started: ${missing}`);
  const connection = new Connection(await keeperSocket());
  const { id, brokers } = await connection.ask({ nodes, settings, isMeasured });
  const control = (action) => async (node) => {
    await connection.ask({ cluster: id, action, node });
  };
  return {
    brokers,
    kill: control("kill"),
    stop: control("stop"),
    start: control("start"),
    pause: control("pause"),
    resume: control("resume"),
    async close() {
      await connection.ask({ cluster: id, action: "destroy" });
      connection.close();
    },
  };
}

/** Starts a store that nobody else uses, whose server can be killed. */
export async function ownStore(name, options = {}) {
  const missing = missingFor(name);
  if (missing !== undefined) throw new Error(`${name} cannot be started: ${missing}`);
  const connection = new Connection(await keeperSocket());
  const { id, url } = await connection.ask({ store: name, settings: options.settings });
  const control = (action) => async () => {
    await connection.ask({ cluster: id, action });
  };
  return {
    url,
    kill: control("kill"),
    stop: control("stop"),
    start: control("start"),
    pause: control("pause"),
    resume: control("resume"),
    async close() {
      await connection.ask({ cluster: id, action: "destroy" });
      connection.close();
    },
  };
}

/** Runs one of Kafka's command-line classes. */
export async function kafkaTool(className, args, input) {
  const words = ["tool", className, ...args];
  const { code, stdout, stderr } = await runScript("kafka.sh", words, { input });
  if (code !== 0) throw new Error(`${className} ended with ${code}: ${stderr}${stdout}`);
  return stdout;
}
