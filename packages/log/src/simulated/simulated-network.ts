import { type Clock, millraceError, type Random } from "@millrace/core";
import type { Fault, FaultPlan, RequestKind, ScriptedFault } from "./faults.ts";

/** Clients give up on an answer after this. */
const timeoutMs = 2_000;

/** A request, as the network sees it. */
export interface Request {
  readonly kind: RequestKind;
  /** What is asked for and of what; requests of one name are counted together. */
  readonly name: string;
  /** The error of who waits for an answer in vain. */
  readonly lost?: (problem: string) => Error;
}

/**
 * What a request does where it arrives, in one step; it hears of the fault, which may be one of
 * what it works on.
 */
export type Effect<Value> = (fault: Fault | undefined) => Value | Promise<Value>;

/** What came of a request; `lost` with how. */
export type Outcome<Value> =
  | { readonly kind: "value"; readonly value: Value }
  | { readonly kind: "error"; readonly error: unknown }
  | { readonly kind: "lost"; readonly problem: string };

/** What a network is made with. */
export interface NetworkOptions {
  readonly clock: Clock;
  readonly faults: FaultPlan;
  /** Draws what a way takes, in ms. Absent: nothing takes any time. */
  readonly wayMs?: (() => number) | undefined;
  /** Draws what is not a fault, such as which bit flips. */
  readonly random: Random;
  /** Hears of each request and of what came of it: the same run, the same lines. */
  readonly trace?: ((line: string) => void) | undefined;
}

/** What lies between processes and what they ask of others; it outlives all of them. */
export class SimulatedNetwork {
  readonly clock: Clock;
  readonly random: Random;
  /** Faults that have happened, in order. */
  readonly happened: ScriptedFault[] = [];
  readonly #options: NetworkOptions;
  readonly #counts = new Map<string, number>();
  #downUntilMs = -Infinity;
  #fullUntilMs = -Infinity;

  constructor(options: NetworkOptions) {
    this.#options = options;
    this.clock = options.clock;
    this.random = options.random;
  }

  /** Asks once per request what goes wrong with it. */
  faultAt({ kind, name }: Request): Fault | undefined {
    const count = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, count);
    const fault = this.#options.faults({ kind, name, count });
    if (fault === undefined) return undefined;
    this.happened.push({ kind: fault.kind, ms: fault.ms, name, count });
    this.trace(`${fault.kind} ${fault.ms} at ${name} #${count}`);
    const untilMs = this.clock.monotonicMs() + fault.ms;
    if (fault.kind === "broker-roll") this.#downUntilMs = Math.max(this.#downUntilMs, untilMs);
    if (fault.kind === "no-space") this.#fullUntilMs = Math.max(this.#fullUntilMs, untilMs);
    return fault;
  }

  /** Whether nothing takes any time, but faults. */
  get isInstant(): boolean {
    return this.#options.wayMs === undefined;
  }

  trace(line: string): void {
    this.#options.trace?.(`${this.clock.monotonicMs()} ${line}`);
  }

  /** One way, with what it takes longer than usual. */
  async way(moreMs: number): Promise<void> {
    const ms = (this.#options.wayMs?.() ?? 0) + moreMs;
    if (ms > 0) await this.clock.sleep(ms);
  }

  /** Carries a request out where it has arrived. */
  async deliver<Value>(
    request: Request,
    fault: Fault | undefined,
    effect: Effect<Value>,
  ): Promise<Outcome<Value>> {
    if (fault?.kind === "lose-request") return this.#lose("the request was lost");
    if (isOfBrokers(request) && !(await this.#untilUp())) return this.#lose("no broker answered");
    let outcome = await this.#carryOut(request, fault, effect);
    if (fault?.kind === "duplicate") {
      if (fault.ms > 0) await this.clock.sleep(fault.ms);
      outcome = await this.#carryOut(request, fault, effect);
    }
    if (fault?.kind === "lose-response") return this.#lose("the answer was lost");
    return outcome;
  }

  async #carryOut<Value>(
    request: Request,
    fault: Fault | undefined,
    effect: Effect<Value>,
  ): Promise<Outcome<Value>> {
    if (request.kind === "produce") {
      const error = this.#noSpace();
      if (error !== undefined) return { kind: "error", error };
    }
    try {
      const value = await effect(fault);
      this.trace(request.name);
      return { kind: "value", value };
    } catch (error) {
      this.trace(`${request.name} failed: ${String(error)}`);
      return { kind: "error", error };
    }
  }

  #noSpace(): Error | undefined {
    if (this.clock.monotonicMs() >= this.#fullUntilMs) return undefined;
    const problem = "ENOSPC: no space left on device";
    return millraceError("LOG_STORAGE_FAILED", { path: "the simulated disk", problem });
  }

  /** Waits while the brokers are down. @returns false where that takes too long */
  async #untilUp(): Promise<boolean> {
    const ms = this.#downUntilMs - this.clock.monotonicMs();
    if (ms <= 0) return true;
    await this.clock.sleep(Math.min(ms, timeoutMs));
    return ms <= timeoutMs;
  }

  async #lose(problem: string): Promise<Outcome<never>> {
    await this.clock.sleep(timeoutMs);
    return { kind: "lost", problem };
  }
}

/** Sources and sinks are elsewhere. */
function isOfBrokers({ kind }: Request): boolean {
  return kind !== "source" && kind !== "sink";
}
