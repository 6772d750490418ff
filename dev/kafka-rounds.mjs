// `npm run kafka-rounds`: builds what it needs and runs rounds of Nexmark on Kafka that are
// disturbed; arguments go to pipelines/nexmark/kafka/rounds/program.ts.
import { runTypeScript } from "./run-typescript.mjs";

process.exitCode = await runTypeScript(
  "pipelines/nexmark/kafka/rounds/program.ts",
  process.argv.slice(2),
);
