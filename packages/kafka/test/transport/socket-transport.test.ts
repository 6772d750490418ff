// Against a real broker where what a good broker does is of interest, and against a listener that
// breaks its connections where it is what a broken one does.
import { createServer, type Server, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { systemClock } from "@millrace/core";
import { afterEach, expect, it } from "vitest";
import { decodeAnswer, encodeRequest } from "../../src/requests/api.ts";
import { apiVersions } from "../../src/requests/api-versions.ts";
import { openSocket } from "../../src/transport/open-socket.ts";
import { type KafkaAddress, parseAddress } from "../../src/transport/options.ts";
import { SocketTransport } from "../../src/transport/socket-transport.ts";
import { describeWithBroker, options } from "../broker.ts";

const request = encodeRequest(apiVersions, {}, 3);
const control = { lane: "control", timeoutMs: 5000 } as const;

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** A listener that answers the first request, which opens the connection, as an old broker does. */
async function listen(then: (socket: Socket) => void): Promise<KafkaAddress> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.once("data", (bytes: Buffer) => {
      // The correlation id, no error, no requests, in ApiVersions v1: length, id, error, [],
      // throttle.
      const answer = Buffer.alloc(4 + 14);
      answer.writeInt32BE(14);
      bytes.copy(answer, 4, 8, 12);
      socket.write(answer);
      socket.once("data", () => then(socket));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  ends.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  });
  return { host: "127.0.0.1", port: (server.address() as AddressInfo).port };
}

function transport(): SocketTransport {
  const made = new SocketTransport({ brokers: [] }, systemClock);
  ends.push(() => made.close());
  return made;
}

it("nothing was sent where nobody listens", async () => {
  const address = await listen(() => undefined);
  await ends.pop()?.();
  await expect(transport().send(address, request, control)).rejects.toMatchObject({
    code: "KAFKA_UNREACHABLE",
  });
});

it("a request may have been received when its connection is lost", async () => {
  const address = await listen((socket) => socket.destroy());
  const made = transport();
  for (let i = 0; i < 2; i++) {
    await expect(made.send(address, request, control)).rejects.toMatchObject({
      code: "KAFKA_CONNECTION_LOST",
      params: { request: "ApiVersions" },
    });
  }
});

it("a request that is not answered in time ends its connection", async () => {
  const address = await listen(() => undefined);
  const waiting = transport().send(address, request, { lane: "fetch", timeoutMs: 200 });
  await expect(waiting).rejects.toMatchObject({
    code: "KAFKA_CONNECTION_LOST",
    params: { problem: expect.stringContaining("no answer came") },
  });
});

it("an impossible length ends the connection", async () => {
  const address = await listen((socket) => socket.write(Buffer.from("ffffffff", "hex")));
  await expect(transport().send(address, request, control)).rejects.toMatchObject({
    code: "KAFKA_CONNECTION_LOST",
    params: { problem: expect.stringContaining("its length would be -1 bytes") },
  });
});

it("an answer to another request ends the connection", async () => {
  const address = await listen((socket) => socket.write(Buffer.from("0000000400000063", "hex")));
  await expect(transport().send(address, request, control)).rejects.toMatchObject({
    code: "KAFKA_CONNECTION_LOST",
    params: { problem: expect.stringContaining("out of order") },
  });
});

it("closing fails what is under way", async () => {
  const made = transport();
  const address = await listen(() => void made.close());
  await expect(made.send(address, request, control)).rejects.toMatchObject({
    code: "KAFKA_CONNECTION_LOST",
  });
  await expect(made.send(address, request, control)).rejects.toMatchObject({
    code: "KAFKA_UNREACHABLE",
  });
});

describeWithBroker("a broker", () => {
  const broker = (): KafkaAddress => parseAddress(options.brokers[0] as string);

  it("gets a socket without delay and without anything of kafkajs on it", async () => {
    const { socket, sessionLifetimeMs } = await openSocket(broker(), options);
    const left = socket.eventNames().filter((name) => socket.listenerCount(name) > 0);
    socket.destroy();
    expect([left, sessionLifetimeMs]).toEqual([[], 0]);
  });

  it("answers requests of a connection in their order, each with its own answer", async () => {
    const made = transport();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => made.send(broker(), request, control)),
    );
    for (const bytes of answers) expect(decodeAnswer(apiVersions, bytes, 3).error).toBe(0);
  });

  it("refuses who cannot say who it is where it asks for nothing", async () => {
    const sasl = { mechanism: "plain", username: "me", password: "hunter2" } as const;
    const opening = openSocket(broker(), { ...options, sasl });
    await expect(opening).rejects.toMatchObject({ code: "KAFKA_AUTHENTICATION_FAILED" });
    await expect(opening).rejects.not.toThrow(/hunter2/);
  });
});
