import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { t } from "@millrace/core";
import { avro, avroFormat, type RegistryOptions } from "@millrace/formats";
import { afterEach, describe, expect, it } from "vitest";
import { encoded, failureOf } from "./format-calls.ts";

const Flight = t.row({ origin: t.utf8() });
const place = { topic: "flights", part: "value" } as const;
const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  }
});

/** What stands between a client and a registry, such as a gateway that wants to know who asks. */
async function gateway(
  status: number,
  body: string,
): Promise<{ url: string; requests: IncomingMessage[] }> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    response.writeHead(status).end(body);
  });
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

function register(registry: RegistryOptions): Promise<unknown> {
  return encoded(avroFormat({ registry }, place), Flight, []);
}

describe("who asks the registry", () => {
  it("is said as the options say, with secrets from the environment", async () => {
    process.env["TEST_REGISTRY_SECRET"] = "pässword";
    const { url, requests } = await gateway(200, '{"id":1}');
    await register({ url, auth: { user: "me", passwordVariable: "TEST_REGISTRY_SECRET" } });
    await register({ url: `${url}/`, auth: { tokenVariable: "TEST_REGISTRY_SECRET" } }).catch(
      () => undefined,
    );
    delete process.env["TEST_REGISTRY_SECRET"];
    const [basic] = requests;
    const pair = Buffer.from((basic?.headers.authorization ?? "").slice(6), "base64");
    expect(pair.toString()).toBe("me:pässword");
    expect(basic?.url).toBe("/subjects/flights-value/versions");
  });

  it("is nobody without a variable that is set, and the text says which one", async () => {
    const url = "http://127.0.0.1:1";
    const failure = await failureOf(register({ url, auth: { tokenVariable: "TEST_NOT_SET" } }));
    expect(failure.code).toBe("CONNECTOR_CONFIG_INVALID");
    expect(failure.message).toContain("TEST_NOT_SET");
  });

  it("is not said in a refusal", async () => {
    process.env["TEST_REGISTRY_SECRET"] = "topsecret";
    const { url } = await gateway(401, '{"message":"who are you?"}');
    const auth = { tokenVariable: "TEST_REGISTRY_SECRET" };
    const failure = await failureOf(register({ url, auth }));
    delete process.env["TEST_REGISTRY_SECRET"];
    expect(failure.code).toBe("REGISTRY_REFUSED");
    expect(failure.message).toContain("status 401: who are you?");
    expect(JSON.stringify(failure.toJSON())).not.toContain("topsecret");
  });
});

describe("a registry that gives no answer", () => {
  it("is a failure that may pass", async () => {
    const failure = await failureOf(register({ url: "http://127.0.0.1:1" }));
    expect(failure).toMatchObject({ code: "REGISTRY_UNREACHABLE", retry: "backoff" });
  });

  it.each([429, 500, 503])("is meant by status %d", async (status) => {
    const { url } = await gateway(status, "come back later");
    const failure = await failureOf(register({ url }));
    expect(failure.code).toBe("REGISTRY_UNREACHABLE");
    expect(failure.message).toContain("come back later");
  });

  it("is waited for no longer than timeoutMs", async () => {
    const server = createServer(() => undefined);
    servers.push(server);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const failure = await failureOf(register({ url, timeoutMs: 50 }));
    expect(failure.code).toBe("REGISTRY_UNREACHABLE");
  });
});

it("a page that is no registry is no missing schema", async () => {
  const { url } = await gateway(404, "<html>");
  const format = avroFormat({ registry: { url } });
  const { schema } = Flight;
  const decoder = format.recordDecoder({ schema, columns: ["origin"], validators: new Map() });
  const records = {
    count: 1,
    buffer: Uint8Array.from([0, 0, 0, 0, 7]),
    valueStart: Int32Array.of(0),
    valueLength: Int32Array.of(5),
  };
  const failure = await failureOf(decoder.prepare?.(records) ?? Promise.resolve());
  expect(failure.code).toBe("REGISTRY_REFUSED");
});

it.each([
  { url: "registry:8081" },
  { url: "http://me:secret@localhost:8081" },
  { url: "http://localhost:8081/?key=secret" },
  { url: "http://localhost:8081", recordName: "a b" },
  { url: "http://localhost:8081", timeoutMs: 0 },
])("%j is refused where it is written", (registry) => {
  expect(() => avro(Flight, { registry })).toThrow(
    expect.objectContaining({ code: "CONNECTOR_CONFIG_INVALID" }),
  );
});
