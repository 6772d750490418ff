import { connect } from "node:net";

/** ApiVersions, version 0: api key 18, correlation id 1, no client id. */
const apiVersions = Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xff]);

/**
 * Asks the broker at "host:port" for its versions. Resolves to true when it answers, whenever that
 * is, and to false when the connection is refused or breaks.
 */
export function brokerAnswers(address: string): Promise<boolean> {
  const [host = "", port] = address.split(":");
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port) });
    socket.once("connect", () => socket.write(apiVersions));
    socket.once("data", () => {
      resolve(true);
      socket.destroy();
    });
    socket.once("error", () => resolve(false));
    socket.once("close", () => resolve(false));
  });
}
