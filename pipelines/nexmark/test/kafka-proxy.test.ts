import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Frames } from "../kafka/proxy/frames.ts";
import { type Gate, KafkaProxy } from "../kafka/proxy/kafka-proxy.ts";

/** A request of an api, by a client. */
function request(apiKey: number, clientId: string, body: string): Buffer {
  const header = Buffer.alloc(10);
  header.writeInt16BE(apiKey, 0);
  header.writeInt16BE(clientId.length, 8);
  return framed(Buffer.concat([header, Buffer.from(clientId + body)]));
}

function framed(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** A server that answers each frame with it. */
let server: Server;
let proxy: KafkaProxy;
const arrived: string[] = [];

beforeEach(async () => {
  arrived.length = 0;
  server = createServer((socket) => {
    const frames = new Frames();
    socket.on("data", (bytes) => {
      for (const frame of frames.push(bytes)) {
        arrived.push(frame.subarray(-1).toString());
        socket.write(frame);
      }
    });
    socket.on("error", () => undefined);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  proxy = await KafkaProxy.open();
  proxy.leadTo(`127.0.0.1:${(server.address() as AddressInfo).port}`);
});

afterEach(async () => {
  await proxy.close();
  server.close();
});

/** Sends requests and gives the last letters of the answers until so many came, or the end. */
async function ask(requests: readonly Buffer[], gate: Gate, count: number): Promise<string> {
  proxy.gate = gate;
  const [host = "", port = ""] = proxy.address.split(":");
  const socket: Socket = connect(Number(port), host);
  const frames = new Frames();
  let answers = "";
  socket.on("data", (bytes) => {
    for (const frame of frames.push(bytes)) answers += frame.subarray(-1).toString();
    if (answers.length >= count) socket.end();
  });
  for (const each of requests) socket.write(each);
  await once(socket, "close");
  return answers;
}

test("frames are put together from pieces of any size", () => {
  const bytes = Buffer.concat([framed(Buffer.from("abc")), framed(Buffer.from("defgh"))]);
  for (let size = 1; size <= bytes.length; size += 1) {
    const frames = new Frames();
    const found: string[] = [];
    for (let at = 0; at < bytes.length; at += size) {
      found.push(...frames.push(bytes.subarray(at, at + size)).map((f) => f.toString("utf8", 4)));
    }
    expect(found).toEqual(["abc", "defgh"]);
  }
});

const three = ["a", "b", "c"].map((body) => request(0, "worker-1", body));

test("all passes in order where nobody objects, and the gate sees who asks for what", async () => {
  const seen: unknown[] = [];
  const gate: Gate = {
    request: (passing) => {
      seen.push(passing);
      return "forward";
    },
  };
  expect(await ask(three, gate, 3)).toBe("abc");
  expect(seen[0]).toEqual({ apiKey: 0, clientId: "worker-1" });
});

test("a request that is lost does not arrive", async () => {
  let passed = 0;
  const gate: Gate = { request: () => (++passed === 2 ? "cut" : "forward") };
  expect(await ask(three, gate, 3)).not.toContain("b");
  expect(arrived).not.toContain("b");
});

test("an answer that is lost is one to a request that arrived", async () => {
  let passed = 0;
  const gate: Gate = { answer: () => (++passed === 2 ? "cut" : "forward") };
  expect(await ask(three, gate, 3)).toBe("a");
  expect(arrived).toContain("b");
});

test("an answer comes twice, and one that is held keeps the order", async () => {
  let passed = 0;
  const gate: Gate = {
    answer: async () => {
      passed += 1;
      if (passed === 1) await new Promise((resolve) => setTimeout(resolve, 20));
      return passed === 2 ? "twice" : "forward";
    },
  };
  expect(await ask(three, gate, 4)).toBe("abbc");
});
