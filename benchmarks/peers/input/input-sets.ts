import { join } from "node:path";
import { Answers } from "../../../pipelines/nexmark/oracle/answers.ts";
import { writeDataset } from "../../../pipelines/nexmark/data/write-files.ts";
import type { Bench } from "../measure/run-peer.ts";
import { repositoryRoot } from "../repository.ts";
import { type InputTopics, loadTopics } from "./topics.ts";

/** Records in topics, and the oracle's answers to them. */
export interface InputSet {
  readonly input: InputTopics;
  readonly answers: Answers;
}

/** A record each ms of event time, as Nexmark's seed says. */
const generator = { rate: 1000, seed: 42, outOfOrder: 1, partitions: 1 };

/** Data sets by size: each is generated, answered and loaded when it is first asked for. */
export class InputSets {
  readonly #bench: Pick<Bench, "cluster" | "brokers">;
  readonly #directory: string;
  readonly #onNote: (text: string) => void;
  readonly #sets = new Map<number, Promise<InputSet>>();

  constructor(
    bench: Pick<Bench, "cluster" | "brokers">,
    directory: string,
    onNote: (text: string) => void,
  ) {
    this.#bench = bench;
    this.#directory = directory;
    this.#onNote = onNote;
  }

  get(events: number): Promise<InputSet> {
    const known = this.#sets.get(events);
    if (known !== undefined) return known;
    const made = this.#make(events);
    this.#sets.set(events, made);
    // What failed is tried anew by the next run.
    made.catch(() => this.#sets.delete(events));
    return made;
  }

  async close(): Promise<void> {
    for (const set of await Promise.all(this.#sets.values())) set.answers.close();
  }

  async #make(events: number): Promise<InputSet> {
    this.#onNote(`  generating and loading ${events / 1e6} M records`);
    const dataset = writeDataset(this.#directory, { events, ...generator });
    const sql = join(repositoryRoot, "pipelines", "nexmark", "oracle");
    const answers = await Answers.open({ directory: dataset, sql });
    const { cluster, brokers } = this.#bench;
    return { input: await loadTopics(cluster, brokers, events, dataset), answers };
  }
}
