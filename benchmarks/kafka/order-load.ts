import type { Log } from "@millrace/core";
import { heldBytes, userCount } from "./rebalance-pipeline.ts";

const encoder = new TextEncoder();
const tickMs = 20;

/** What the totals of a user and a second come to, by `user windowEnd`. */
export type Totals = Map<string, { orders: number; ids: number }>;

/** Writes orders to a topic: those that become state at once, then a steady load. */
export class OrderLoad {
  readonly #log: Log;
  readonly #topic: string;
  readonly #partitions: number;
  /** What was written. */
  readonly totals: Totals = new Map();
  #next = 0;
  #isEnded = false;

  constructor(log: Log, topic: string, partitions: number) {
    this.#log = log;
    this.#topic = topic;
    this.#partitions = partitions;
  }

  /** So many keys of the state, all of one moment. */
  async writeState(keys: number, at: number): Promise<void> {
    const writer = await this.#log.openAppender();
    const padding = "x".repeat(heldBytes);
    for (let key = 0; key < keys; key += 1) {
      const held = `${key} ${padding}`.slice(0, heldBytes);
      this.#append(writer, { user: userCount, held, at });
      if (key % 10_000 === 9_999) await writer.commit();
    }
    await writer.commit();
    await writer.close();
  }

  /** So many orders a second, until `end` is called. */
  async run(perSecond: number): Promise<void> {
    const writer = await this.#log.openAppender();
    const startMs = Date.now();
    for (let written = 0; !this.#isEnded;) {
      const due = Math.floor(((Date.now() - startMs) * perSecond) / 1000);
      for (; written < due; written += 1) {
        const id = this.#next;
        const at = startMs + Math.floor((written * 1000) / perSecond);
        this.#append(writer, { user: id % userCount, held: `load ${id % 1000}`, at });
      }
      await writer.commit();
      await new Promise((resolve) => setTimeout(resolve, tickMs));
    }
    // An order of later closes the seconds before it, on each partition.
    const at = Date.now() + 60_000;
    for (let partition = 0; partition < this.#partitions; partition += 1) {
      this.#append(writer, { user: userCount + 1, held: "end", at });
    }
    await writer.commit();
    await writer.close();
  }

  end(): void {
    this.#isEnded = true;
  }

  #append(
    writer: { append(topic: string, partition: number, value: Uint8Array): void },
    order: { readonly user: number; readonly held: string; readonly at: number },
  ): void {
    const id = this.#next;
    this.#next += 1;
    const { user, at } = order;
    const text = JSON.stringify({ id, ...order, at: new Date(at).toISOString() });
    writer.append(this.#topic, id % this.#partitions, encoder.encode(text));
    if (user > userCount) return;
    const key = `${user} ${(Math.floor(at / 1000) + 1) * 1000}`;
    const total = this.totals.get(key) ?? { orders: 0, ids: 0 };
    this.totals.set(key, { orders: total.orders + 1, ids: total.ids + id });
  }
}
