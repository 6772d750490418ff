import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { runNode } from "./run-node.ts";

const vitest = join(dirname(createRequire(import.meta.url).resolve("vitest")), "vitest.mjs");
const fixtures = fileURLToPath(new URL("fixtures", import.meta.url));

/** Runs the fixture with vitest where no program is on the PATH. */
async function runWithoutJava(env: Record<string, string>) {
  const words = [vitest, "run", "--root", fixtures, "--reporter=json"];
  const { code, stdout } = await runNode(words, { PATH: fixtures, ...env });
  const report = JSON.parse(stdout);
  return { code, report, test: report.testResults[0].assertionResults[0] };
}

describe("a suite whose service is missing", () => {
  it("is skipped, counted so, and says why in its name", async () => {
    const { code, report, test } = await runWithoutJava({ MILLRACE_REQUIRE_SERVICES: "0" });
    expect(code).toBe(0);
    expect(report).toMatchObject({ numPassedTests: 0, numFailedTests: 0, numPendingTests: 1 });
    const reason = "(skipped: Java 17 is needed, and no java is on the PATH)";
    expect(test.ancestorTitles).toEqual([`a suite that needs Kafka ${reason}`]);
  });

  it("fails where services are required", async () => {
    const { code, report, test } = await runWithoutJava({ MILLRACE_REQUIRE_SERVICES: "1" });
    expect(code).toBe(1);
    expect(report).toMatchObject({ numFailedTests: 1, numPendingTests: 0 });
    expect(test.failureMessages[0]).toContain("kafka is required: Java 17 is needed");
  });
});
