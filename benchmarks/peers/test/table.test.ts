import { describe, expect, test } from "vitest";
import type { PeerRun } from "../measure/run-peer.ts";
import { figureOf, verdictOf } from "../table/figures.ts";
import { markdownOf } from "../table/markdown.ts";
import { pageOf } from "../table/page.ts";
import { peerRows } from "../table/rows.ts";

/** A run that costs a start and so many CPU seconds per million bids. */
function run(peer: string, perMillion: number, more: Partial<PeerRun> = {}): PeerRun {
  const bids = more.bids ?? 1_000_000;
  return {
    peer,
    job: "j1",
    block: 1,
    events: bids,
    bids,
    cpuSeconds: 3 + (perMillion * bids) / 1e6,
    brokerSeconds: bids / 1e7,
    otherSeconds: 1,
    wallSeconds: bids / 1e6,
    peakMb: 100 + bids / 1e6,
    end: "ended 0",
    records: 10,
    wrong: 0,
    missing: 0,
    examples: [],
    at: "2026-01-01T00:00:00.000Z",
    ...more,
  };
}

/** Three blocks of ours and of a peer, which is 4, 5 and 6 times as dear. */
const runs = [1, 2, 3].flatMap((block) =>
  [1_000_000, 4_000_000].flatMap((bids) => [
    run("millrace", 2, { block, bids }),
    run("kafkajs", 2 * (block + 3), { block, bids }),
  ]),
);

describe("the figure of a job", () => {
  test("is a slope between two sizes, without what a start costs", () => {
    const figure = figureOf(runs, "kafkajs", "j1");
    expect(figure).toMatchObject({ blocks: 3, peakMb: 104, runs: 6 });
    if ("reason" in figure) throw new Error(figure.reason);
    expect(figure.cpu.median).toBeCloseTo(10, 9);
    expect(figure.startCpu).toBeCloseTo(3, 9);
    expect(figure.brokerCpu).toBeCloseTo(0.1, 9);
  });

  test("is compared with ours block by block", () => {
    const figure = figureOf(runs, "kafkajs", "j1");
    if ("reason" in figure) throw new Error(figure.reason);
    expect(figure.ratio?.median).toBeCloseTo(5, 9);
    expect(verdictOf(figure.ratio)).toBe("ours takes less");
    expect(verdictOf({ median: 1, low: 0.9, high: 1.2 })).toBe("undecided");
    expect(verdictOf({ median: 0.5, low: 0.4, high: 0.6 })).toBe("ours takes more");
  });

  test("is none where a single row of a single run is wrong", () => {
    const withWrong = [...runs, run("kafkajs", 1, { block: 4, wrong: 1 })];
    expect(figureOf(withWrong, "kafkajs", "j1")).toEqual({ reason: "wrong (1 rows)" });
  });

  test("is none where a run was stopped or failed, and says why", () => {
    const stopped = [...runs, run("kafkajs", 1, { block: 4, end: "stalled" })];
    expect(figureOf(stopped, "kafkajs", "j1")).toEqual({ reason: "stalled" });
    const error = "the machine has no mvn";
    const missing = [{ peer: "kafkajs", job: "j1", block: -1, events: 0, error }];
    expect(figureOf(missing, "kafkajs", "j1")).toEqual({ reason: `failed: ${error}` });
  });

  test("is compared with nothing where ours is wrong", () => {
    const withWrong = [...runs, run("millrace", 1, { block: 4, missing: 2 })];
    expect(figureOf(withWrong, "kafkajs", "j1")).not.toHaveProperty("ratio");
  });
});

describe("the tables", () => {
  const rows = peerRows(runs);

  test("have every peer with every job, what cannot be run with its reason", () => {
    const markdown = markdownOf(rows, ["a note"]);
    expect(markdown).toContain("- a note\n");
    expect(markdown.match(/^\| kafkajs \(/gm)).toHaveLength(4);
    expect(markdown).toMatch(/^\| kafkajs-eos .* a Map that a crash loses/m);
    expect(markdown).toMatch(/^\| bytewax-eos .* has no transactions/m);
    expect(markdown).toMatch(
      /^\| kafkajs \(.*\| 10 \[8, 12\] \| 5 \[4, 6\] \| ours takes less \|/m,
    );
  });

  test("draw what was measured", () => {
    const page = pageOf(rows, ["a note"]);
    expect(page.match(/<svg/g)).toHaveLength(1);
    expect(page).toContain("J4: running count per bidder");
  });
});
