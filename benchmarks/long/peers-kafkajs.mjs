// Runs one peer, plain Node with kafkajs, over a small input, on every job: what the comparison
// loads, runs, measures and compares with the oracle must fit together.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, run } from "../../dev/run.mjs";

export const name = "peers-kafkajs";
export const rounds = 1;

export async function runRound() {
  const comparison = `long-test-${process.pid}`;
  const words = ["--peers", "millrace,kafkajs", "--blocks", "1", "--events", "10000,20000"];
  const program = join(root, "dev", "peers.mjs");
  // Of its own, so that an installation is tested as well.
  const cache = mkdtempSync(join(tmpdir(), "millrace-peers-"));
  try {
    const { code, output } = await run(
      process.execPath,
      [program, ...words, "--name", comparison, "--json"],
      { env: { MILLRACE_PEERS: cache } },
    );
    const results = output
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line))
      .filter((line) => "wrong" in line);
    const right = results.filter(({ wrong, missing }) => wrong + missing === 0).length;
    const ok = code === 0 && right === 16;
    return { ok, detail: ok ? { right } : output.slice(-4000) };
  } finally {
    rmSync(cache, { recursive: true, force: true });
    rmSync(join(root, ".millrace", "peers", comparison), { recursive: true, force: true });
  }
}
