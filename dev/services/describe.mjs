import { afterAll, beforeAll, beforeEach, describe } from "vitest";
import { missingFor } from "./missing.mjs";
import { areServicesRequired, ownCluster, ownStore, startService } from "./services.mjs";

/** A first installation is in it, on a slow machine. */
const startTimeoutMs = 600_000;
const stopTimeoutMs = 60_000;

/**
 * Describes tests that use what `start` gives; `body` gets a function that returns it. Where the
 * machine cannot run the service they are skipped, and the suite's name tells why, or they fail if
 * services are required.
 */
function describeWith(serviceName, name, start, body) {
  const missing = missingFor(serviceName);
  const isSkipped = missing !== undefined && !areServicesRequired();
  const reason = isSkipped ? ` (skipped: ${missing})` : "";
  describe.skipIf(isSkipped)(`${name}${reason}`, () => {
    let started;
    const required = `${serviceName} is required: ${missing}`;
    beforeAll(async () => {
      if (missing === undefined) started = await start();
    }, startTimeoutMs);
    // Each test fails: those of a suite whose start fails would count as skipped.
    beforeEach(() => {
      if (missing !== undefined) throw new Error(required);
    });
    afterAll(() => started?.close?.(), stopTimeoutMs);
    body(() => {
      if (started !== undefined) return started;
      throw new Error(
        missing === undefined
          ? "a service runs in tests and hooks only, not where tests are described"
          : required,
      );
    });
  });
}

/** An object whose properties are those of what is started later. */
const liveView = (value) => new Proxy({}, { get: (_, property) => Reflect.get(value(), property) });

export function describeWithKafka(name, body) {
  describeWith(
    "kafka",
    name,
    () => startService("kafka"),
    (value) => body(liveView(value)),
  );
}

export function describeWithKafka3(name, body) {
  describeWith(
    "kafka3",
    name,
    () => startService("kafka3"),
    (value) => body(liveView(value)),
  );
}

export function describeWithRegistry(name, body) {
  describeWith(
    "registry",
    name,
    () => startService("registry"),
    (value) => body(liveView(value)),
  );
}

export function describeWithStore(store, name, body) {
  describeWith(
    store,
    name,
    () => startService(store),
    (value) => body(liveView(value)),
  );
}

export function describeWithOwnStore(store, name, body) {
  describeWith(
    store,
    name,
    () => ownStore(store),
    (value) => body(liveView(value)),
  );
}

export function describeWithOwnCluster(name, options, body) {
  describeWith(
    "kafka",
    name,
    async () => ownCluster(typeof options === "function" ? await options() : options),
    (value) => body(liveView(value)),
  );
}
