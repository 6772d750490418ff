import { createServer, connect, type Server, type Socket } from "node:net";

/** A way to a server of this machine that breaks when a test says so. */
export interface BreakingProxy {
  /** The address of the server, by way of the proxy. */
  readonly url: string;
  /**
   * The next answer of more than `bytes` bytes of requests is lost: the server gets the requests,
   * the client gets nothing and is cut off.
   */
  loseAnswerAfter(bytes: number): void;
  /** Answers that were lost. */
  readonly lost: number;
  /** Ends all connections. */
  cut(): void;
  close(): void;
}

/** Opens a proxy to the server of an address. */
export async function openBreakingProxy(url: string): Promise<BreakingProxy> {
  const { port, hostname } = new URL(url);
  const sockets = new Set<Socket>();
  let bytesLeft = Infinity;
  let lost = 0;
  const cutAll = (): void => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  const server: Server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    sockets.add(client).add(upstream);
    const cut = (): void => {
      client.destroy();
      upstream.destroy();
    };
    client.on("data", (data) => {
      bytesLeft -= data.length;
      upstream.write(data);
    });
    upstream.on("data", (data) => {
      if (bytesLeft > 0) {
        client.write(data);
        return;
      }
      bytesLeft = Infinity;
      lost += 1;
      cut();
    });
    for (const socket of [client, upstream]) socket.on("error", cut).on("close", cut);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("It listens on a port.");
  const place = new URL(url);
  place.port = String(address.port);
  return {
    url: place.href,
    loseAnswerAfter(bytes) {
      bytesLeft = bytes;
    },
    get lost() {
      return lost;
    },
    cut: cutAll,
    close() {
      server.close();
      cutAll();
    },
  };
}
