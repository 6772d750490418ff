// Keeps the servers of one run of tests.
//
// K1. A shared server starts when it is first asked for, once, and serves all who ask.
// K2. A server or cluster of one's own ends with the connection that asked for it.
// K3. All servers end with the process that opened the keeper, however it ends; their data is
//     deleted (end-with-parent.sh).
// K4. Two keepers share nothing but the installed software: each has a directory and ports of its
//     own.
//
// It listens on a Unix socket, as test files run in processes of their own. A request is a line of
// JSON, and so is its answer, which carries the request's id; answers come as they are ready.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { startKafka, startRegistry, startStore, stores } from "./server.mjs";

const report = (text) => process.stderr.write(`services: ${text}\n`);

class Keeper {
  directory = mkdtempSync(join(tmpdir(), "millrace-services-"));
  #shared = new Map();
  #starting = new Set();
  #clusters = 0;
  #watch;

  /** Starts a server, and with the first one what will end them all. */
  async #start(what, start) {
    if (this.#watch === undefined) this.#watch = this.#watchParent();
    const begin = performance.now();
    const started = start({ onNote: report });
    this.#starting.add(started);
    try {
      const server = await started;
      const seconds = ((performance.now() - begin) / 1000).toFixed(1);
      const place = server.brokers?.join(", ") ?? new URL(server.url).host;
      report(`${what} on ${place} (${seconds} s)`);
      return server;
    } finally {
      this.#starting.delete(started);
    }
  }

  /** In a session of its own: Ctrl-C at a terminal goes to this process, not to it. */
  #watchParent() {
    const script = fileURLToPath(new URL("end-with-parent.sh", import.meta.url));
    const child = spawn("bash", [script, this.directory], {
      detached: true,
      stdio: ["pipe", "ignore", "inherit"],
    });
    child.unref();
    child.stdin.unref();
    return child;
  }

  #startKafka(what, name, options) {
    const directory = join(this.directory, name);
    return this.#start(what, ({ onNote }) => startKafka({ ...options, directory, onNote }));
  }

  async #startRegistry() {
    const { brokers } = await this.shared("kafka");
    const directory = join(this.directory, "registry");
    const registry = await this.#start("schema registry", (options) =>
      startRegistry({ directory, brokers, ...options }),
    );
    return { ...registry, brokers };
  }

  shared(name) {
    const starts = {
      kafka: () => this.#startKafka("Kafka", "kafka", { nodes: 1 }),
      kafka3: () => this.#startKafka("Kafka with three nodes", "kafka3", { nodes: 3 }),
      registry: () => this.#startRegistry(),
    };
    const start = starts[name] ?? (() => this.#startStore(name, name));
    if (!this.#shared.has(name)) this.#shared.set(name, start());
    return this.#shared.get(name);
  }

  #startStore(name, place, settings) {
    const directory = join(this.directory, place);
    return this.#start(stores[name].label, ({ onNote }) =>
      startStore({ name, directory, settings, onNote }),
    );
  }

  ownCluster(options) {
    this.#clusters += 1;
    return this.#startKafka("own cluster", `kafka-${this.#clusters}`, options);
  }

  ownStore(name, settings) {
    this.#clusters += 1;
    return this.#startStore(name, `${name}-${this.#clusters}`, settings);
  }

  /** Ends all servers. */
  async end() {
    await Promise.allSettled(this.#starting);
    if (this.#watch === undefined) {
      rmSync(this.directory, { recursive: true, force: true });
      return;
    }
    const ended = new Promise((resolve) => this.#watch.once("close", resolve));
    this.#watch.ref();
    this.#watch.stdin.end("farewell\n");
    await ended;
  }
}

/** What one connection asks for; its clusters end with it. */
class Lease {
  #keeper;
  #clusters = new Map();

  constructor(keeper) {
    this.#keeper = keeper;
  }

  async answer(request) {
    if (request.service !== undefined) {
      const { brokers, url } = await this.#keeper.shared(request.service);
      return { brokers, url };
    }
    if (request.nodes !== undefined) {
      const { nodes, settings, isMeasured } = request;
      const cluster = this.#keeper.ownCluster({ nodes, settings, isMeasured });
      this.#clusters.set(request.id, cluster);
      return { brokers: (await cluster).brokers };
    }
    if (request.store !== undefined) {
      const store = this.#keeper.ownStore(request.store, request.settings);
      this.#clusters.set(request.id, store);
      return { url: (await store).url };
    }
    const cluster = await this.#clusters.get(request.cluster);
    if (request.action === "destroy") {
      this.#clusters.delete(request.cluster);
      await cluster.destroy();
    } else {
      await cluster.control(request.action, request.node);
    }
    return {};
  }

  async end() {
    for (const cluster of await Promise.allSettled(this.#clusters.values())) {
      await cluster.value?.destroy();
    }
  }
}

function serve(keeper, socket) {
  const lease = new Lease(keeper);
  socket.on("error", (error) => report(`a connection broke: ${error.message}`));
  const answer = async (line) => {
    const request = JSON.parse(line);
    const reply = await lease.answer(request).catch((error) => ({ error: error.message }));
    if (socket.writable) socket.write(`${JSON.stringify({ id: request.id, ...reply })}\n`);
  };
  createInterface({ input: socket }).on("line", answer);
  socket.on("close", () => lease.end().catch((error) => report(error.message)));
}

/**
 * Opens a keeper in this process. Until a server is asked for it costs a socket.
 *
 * @returns {Promise<{ socket: string, end: () => Promise<void> }>} the socket's path; `end` ends
 *   all servers
 */
export async function openKeeper() {
  const keeper = new Keeper();
  const socket = join(keeper.directory, "socket");
  const connections = new Set();
  const server = createServer((connection) => {
    connections.add(connection);
    connection.on("close", () => connections.delete(connection));
    serve(keeper, connection);
  });
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(socket, resolve);
  });
  // It does not keep a process alive that is done.
  server.unref();
  return {
    socket,
    end: async () => {
      server.close();
      for (const connection of connections) connection.destroy();
      await keeper.end();
    },
  };
}
