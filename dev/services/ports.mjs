import { createServer } from "node:net";

/** Below the ports that a system gives to outgoing connections. */
const firstPort = 24_000;
const blockSize = 8;
const blocks = 960;

/** Listens on a port of 127.0.0.1; undefined when it is taken. */
function listen(port) {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.unref();
    server.once("error", (error) => {
      if (error.code === "EADDRINUSE" || error.code === "EACCES") resolve(undefined);
      else reject(error);
    });
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => resolve(server));
  });
}

const close = (server) => new Promise((resolve) => server.close(resolve));

async function isFree(port) {
  const server = await listen(port);
  if (server === undefined) return false;
  await close(server);
  return true;
}

/** Whether the ports of a block after its first one are free. */
async function areFree(start) {
  for (let port = start + 1; port < start + blockSize; port++) {
    if (!(await isFree(port))) return false;
  }
  return true;
}

/**
 * Reserves seven ports in a row of 127.0.0.1, for servers that want to be told their ports and must
 * find them free again after a crash. A listener on the port before them is the reservation: no
 * other process that reserves so takes them, and it ends with this process in any case.
 *
 * @returns {Promise<{ first: number, release: () => Promise<void> }>}
 */
export async function reservePorts() {
  for (let step = 0; step < blocks; step++) {
    // Processes that look at the same time start at different places.
    const start = firstPort + ((process.pid + step) % blocks) * blockSize;
    const guard = await listen(start);
    if (guard === undefined) continue;
    if (await areFree(start)) return { first: start + 1, release: () => close(guard) };
    await close(guard);
  }
  throw new Error(`no ${blockSize} ports in a row are free from ${firstPort} on`);
}
