import { defineConfig } from "vitest/config";
import { docExamples } from "./tools/doc-examples/plugin.mjs";
import { mutation } from "./tools/mutations/plugin.mjs";

const typescriptInThreads = new URL("./dev/typescript-in-threads.mjs", import.meta.url).href;
const conditions = ["@millrace/source"];

export default defineConfig({
  plugins: [docExamples(), mutation()],
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ["{packages,examples,pipelines,benchmarks,tools,dev}/*/test/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**", "**/fixtures/**"],
    testTimeout: 30_000,
    globalSetup: "./dev/services/global-setup.mjs",
    pool: "forks",
    // Threads of a run load the sources by themselves; vitest transforms for its own thread only.
    execArgv: ["--conditions=@millrace/source", "--import", typescriptInThreads],
    maxWorkers: 2,
  },
});
