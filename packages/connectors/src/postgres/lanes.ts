import type { Session } from "./session.ts";

interface Lane {
  session: Session | undefined;
  /** Resolves when what was asked for so far has ended. */
  last: Promise<void>;
}

/**
 * A few connections that partitions share: partition p has connection p modulo their number, and
 * waits for its turn. One that is over is opened anew when it is needed.
 */
export class Lanes {
  readonly #lanes: readonly Lane[];
  readonly #open: () => Promise<Session>;

  constructor(count: number, open: () => Promise<Session>) {
    this.#lanes = Array.from({ length: count }, () => ({
      session: undefined,
      last: Promise.resolve(),
    }));
    this.#open = open;
  }

  /** Runs `work` with the partition's connection, alone. */
  run<Result>(partition: number, work: (session: Session) => Promise<Result>): Promise<Result> {
    const lane = this.#lanes[partition % this.#lanes.length] as Lane;
    const result = lane.last.then(async () => {
      if (lane.session === undefined || lane.session.isOver) lane.session = await this.#open();
      return await work(lane.session);
    });
    const ended = (): void => undefined;
    lane.last = result.then(ended, ended);
    return result;
  }

  /** After what was asked for. */
  async close(): Promise<void> {
    await Promise.all(
      this.#lanes.map(async (lane) => {
        await lane.last;
        await lane.session?.close();
      }),
    );
  }
}
