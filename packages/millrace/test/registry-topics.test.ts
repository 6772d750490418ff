import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { pipeline, run, start, t } from "millrace";
import { avro, json, openMemoryLog, openTopic, protobuf, topic } from "millrace/log";
import { expect, it, vi } from "vitest";
import { describeWithRegistry } from "../../../dev/services/describe.mjs";

const Flight = t.row({ origin: t.utf8(), delay: t.int32() });
const Delay = t.row({ delay: t.int32() });

describeWithRegistry("topics whose schemas are in a registry", (service) => {
  const registry = () => ({ url: service.url });

  it("are read with one schema and format, and written with another", async () => {
    const log = openMemoryLog();
    const [from, to] = [`t-${randomUUID()}`, `t-${randomUUID()}`];
    const flights = await openTopic(log, from, avro(Flight, { registry: registry() }));
    await flights.append([
      { origin: "BER", delay: 5 },
      { origin: "OSL", delay: -2 },
    ]);
    const format = protobuf(Delay, { fields: { delay: 4 }, registry: registry() });
    const delays = pipeline("delays", (p) => {
      p.source("flights", topic(from, avro(Flight, { registry: registry() }), { until: "end" }))
        .where((flight) => flight.delay.gt(0))
        .select("delay")
        .sink("delays", topic(to, format));
    });
    await run(delays, { log });
    const rows = await collected((await openTopic(log, to, format)).rows());
    expect(rows).toEqual([{ delay: 5 }]);
    await log.close();
  });

  it("are read on when the registry, which was down as a new schema came, is back", async () => {
    const log = openMemoryLog();
    const [from, to] = [`t-${randomUUID()}`, `t-${randomUUID()}`];
    const flights = await openTopic(log, from, avro(Flight, { registry: registry() }));
    await flights.append([{ origin: "BER", delay: 1 }]);
    const road = await Road.to(service.url);
    const copy = pipeline("copy", (p) => {
      p.source("all", topic(from, avro(Delay, { registry: { url: road.url } }))).sink(
        "delays",
        topic(to, json(Delay)),
      );
    });
    const warnings: unknown[] = [];
    const warn = (fields: Readonly<Record<string, unknown>>): number =>
      warnings.push(fields["error.code"]);
    const quiet = (): void => undefined;
    const logger = { debug: quiet, info: quiet, warn, error: quiet };
    const running = await start(copy, { log, logger });
    await vi.waitUntil(() => running.status()?.rowsRead === 1, { timeout: 10_000 });
    await road.block();
    const delays = await openTopic(log, from, avro(Delay, { registry: registry() }));
    await delays.append([{ delay: 2 }]);
    await vi.waitUntil(() => warnings.length >= 2, { timeout: 10_000 });
    expect(new Set(warnings)).toEqual(new Set(["REGISTRY_UNREACHABLE"]));
    expect(running.status()?.rowsRead).toBe(1);
    await road.open();
    await vi.waitUntil(() => running.status()?.rowsRead === 2, { timeout: 10_000 });
    await running.stop();
    await road.block();
    const rows = await collected((await openTopic(log, to, json(Delay))).rows());
    expect(rows).toEqual([{ delay: 1 }, { delay: 2 }]);
    await log.close();
  });

  it("keep a run from starting when the registry does not take the schema", async () => {
    const log = openMemoryLog();
    const name = `t-${randomUUID()}`;
    await (
      await openTopic(log, name, json(Flight, { registry: registry() }))
    ).append([{ origin: "BER", delay: 5 }]);
    const Other = t.row({ origin: t.utf8(), delay: t.utf8() });
    const other = await openTopic(log, name, json(Other, { registry: registry() }));
    await expect(other.append([{ origin: "BER", delay: "5" }])).rejects.toMatchObject({
      code: "REGISTRY_INCOMPATIBLE",
    });
    await log.close();
  });
});

async function collected<Row>(rows: AsyncIterable<Row>): Promise<Row[]> {
  const all: Row[] = [];
  for await (const row of rows) all.push(row);
  return all;
}

/** The way to a server, which can be blocked. */
class Road {
  readonly #sockets = new Set<Socket>();
  readonly #url: URL;
  readonly #server: Server;
  #port = 0;

  private constructor(url: URL) {
    this.#url = url;
    this.#server = createServer((near) => {
      const far = connect(Number(url.port), url.hostname);
      for (const socket of [near, far]) {
        this.#sockets.add(socket);
        socket.on("error", () => socket.destroy());
      }
      near.pipe(far).pipe(near);
    });
  }

  static async to(url: string): Promise<Road> {
    const road = new Road(new URL(url));
    await road.open();
    return road;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}${this.#url.pathname}`;
  }

  async open(): Promise<void> {
    this.#server.listen(this.#port, "127.0.0.1");
    await once(this.#server, "listening");
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async block(): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server, "close");
  }
}
