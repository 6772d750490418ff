import { afterAll, afterEach, beforeAll, beforeEach, describe, it } from "vitest";
import { freshChecks } from "./fresh-checks.ts";
import { keyChecks } from "./key-checks.ts";
import { rowChecks } from "./row-checks.ts";
import { type SinkCheck, SinkFixture, type SinkStore } from "./sink-store.ts";
import { tokenChecks } from "./token-checks.ts";

/** A store, and the checks that it is excused from. */
export interface SinkSuiteOptions {
  readonly name: string;
  /** Called once, before the first check. */
  start(): Promise<SinkStore & { stop(): Promise<void> }>;
  readonly skip?: readonly { readonly check: string; readonly reason: string }[];
}

/**
 * Registers the tests that hold a sink that writes exactly once to its contract; each has a table
 * of its own in the store.
 */
export function sinkSuite(options: SinkSuiteOptions): void {
  describe(`${options.name} as a sink`, () => {
    const checks = { ...tokenChecks, ...rowChecks, ...keyChecks, ...freshChecks };
    registerSinkChecks(checks, options);
  });
}

/** Registers checks in the suite that is being described. */
export function registerSinkChecks(
  checks: Readonly<Record<string, SinkCheck>>,
  options: Pick<SinkSuiteOptions, "start" | "skip">,
): void {
  let store: Awaited<ReturnType<SinkSuiteOptions["start"]>>;
  let fixture: SinkFixture;
  let count = 0;
  beforeAll(async () => {
    store = await options.start();
  });
  afterAll(() => store?.stop());
  beforeEach(() => {
    count += 1;
    fixture = new SinkFixture(store, `check_${count}`);
  });
  afterEach(() => fixture.close());
  for (const [sentence, check] of Object.entries(checks)) {
    const skipped = options.skip?.find((entry) => entry.check === sentence);
    const reason = skipped === undefined ? "" : ` (${skipped.reason})`;
    it.skipIf(skipped !== undefined)(`${sentence}${reason}`, () => check(fixture));
  }
}
