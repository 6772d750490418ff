import { type Clock, millraceError } from "@millrace/core";
import type { Effect, Request, SimulatedNetwork } from "./simulated-network.ts";

/**
 * A process that can die and stand still at every `await`: all that it waits for goes through its
 * requests and its clock.
 *
 * Who is dead hears nothing any more: what it waits for never settles. What it has sent arrives.
 */
export class SimulatedProcess {
  readonly name: string;
  readonly network: SimulatedNetwork;
  /** The network's, as this process sees it. */
  readonly clock: Clock;
  /** Resolves when it has died. */
  readonly died: Promise<void>;
  /** Called when it begins to stand still. */
  onStall: (ms: number) => void = () => undefined;
  #isDead = false;
  #stalledUntilMs = -Infinity;
  #tellDeath: () => void = () => undefined;

  constructor(network: SimulatedNetwork, name: string) {
    this.network = network;
    this.name = name;
    this.died = new Promise((resolve) => {
      this.#tellDeath = resolve;
    });
    this.clock = {
      now: () => network.clock.now(),
      monotonicMs: () => network.clock.monotonicMs(),
      sleep: async (ms, signal) => {
        await network.clock.sleep(ms, signal);
        await this.#awake();
      },
    };
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  kill(): void {
    if (this.#isDead) return;
    this.#isDead = true;
    this.network.trace(`${this.name} dies`);
    this.#tellDeath();
  }

  /** Lets it stand still; it does not notice. */
  stall(ms: number): void {
    const untilMs = this.network.clock.monotonicMs() + ms;
    this.#stalledUntilMs = Math.max(this.#stalledUntilMs, untilMs);
    this.onStall(ms);
  }

  /**
   * Asks for something elsewhere, with all that can go wrong with it.
   *
   * @throws what `effect` throws; the request's own error where no answer came
   */
  async request<Value>(request: Request, effect: Effect<Value>): Promise<Value> {
    const { network } = this;
    await this.#awake();
    const fault = network.faultAt(request);
    const { kind, ms = 0 } = fault ?? {};
    if (kind === "crash") this.kill();
    if (kind === "stall") this.stall(ms);
    await this.#awake();
    await network.way(kind === "delay-request" || kind === "reorder" ? ms : 0);
    const outcome = await network.deliver(request, fault, effect);
    if (kind === "crash-after") this.kill();
    await network.way(kind === "delay-response" ? ms : 0);
    await this.#awake();
    if (outcome.kind === "value") return outcome.value;
    if (outcome.kind === "error") throw outcome.error;
    throw (request.lost ?? connectionLost(request.name))(outcome.problem);
  }

  /** Goes on at once, when it moves again, or never. */
  async #awake(): Promise<void> {
    for (;;) {
      if (this.#isDead) await new Promise(() => undefined);
      const ms = this.#stalledUntilMs - this.network.clock.monotonicMs();
      if (ms <= 0) return;
      await this.network.clock.sleep(ms);
    }
  }
}

function connectionLost(request: string): (problem: string) => Error {
  return (problem) =>
    millraceError("KAFKA_CONNECTION_LOST", { broker: "simulated", request, problem });
}
