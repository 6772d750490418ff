import {
  assert,
  type Group,
  type GroupMember,
  type GroupMembership,
  isMillraceError,
  type Json,
  type Source,
  type TopicSink,
} from "@millrace/core";
import { closeAll, type OpenedSink, openSinks } from "../open-connectors.ts";
import {
  checkGeneration,
  decideGeneration,
  finishGeneration,
  type Generation,
  startGeneration,
} from "../prepare-generation.ts";
import { readControl } from "../control-record.ts";
import type { RunEnvironment, RunnablePlan } from "../run-options.ts";
import type { RunParts } from "../threads/threaded-parts.ts";
import { OtherRuns } from "./other-runs.ts";
import { dealOut, type RunMember, type RunShare } from "./run-share.ts";

/** How often a run that has ended looks whether the others have. */
const finishedEveryMs = 100;

/** What a run has of its pipeline until the group changes. */
export interface TakenShare extends Generation {
  readonly membership: GroupMembership;
  readonly partitions: readonly number[];
  readonly members: readonly string[];
  readonly isLeader: boolean;
  readonly changed: AbortSignal;
  /** Those that this process writes. */
  readonly sinks: ReadonlyMap<string, OpenedSink>;
}

/** What the decision between continuing and starting afresh depends on. */
interface GroupPartOptions {
  readonly sources: ReadonlyMap<string, Source>;
  readonly topicSinks: ReadonlyMap<string, TopicSink>;
  readonly isFresh: boolean;
}

/**
 * A run's part in its pipeline's group. The leader prepares the generation before it deals out
 * partitions, so a member that has a share can open its tasks at once. The last step of preparing
 * comes under a membership that fences older runs at their next commit.
 */
export class GroupPart {
  readonly #plan: RunnablePlan;
  readonly #environment: RunEnvironment;
  readonly #options: GroupPartOptions;
  #group: Group | undefined;
  /** A fresh start is wanted once: whoever joins later continues. */
  #isFresh: boolean;
  #partitions: readonly number[] = [];
  #sinks: Map<string, OpenedSink> | undefined;

  constructor(plan: RunnablePlan, environment: RunEnvironment, options: GroupPartOptions) {
    this.#plan = plan;
    this.#environment = environment;
    this.#options = options;
    this.#isFresh = options.isFresh;
  }

  /** @throws RUN_STATE_MISMATCH before anybody is disturbed */
  async open(): Promise<void> {
    const { pipeline, fingerprint } = this.#plan.physical;
    this.#group = await this.#environment.log.openGroup({
      group: pipeline,
      about: (): RunMember => ({ fingerprint, partitions: this.#partitions }),
      assign: (members, membership) => this.#lead(members, membership),
    });
    await this.#decide();
  }

  /** Joins the group, or joins it again, and opens the sinks of its share. */
  async join(): Promise<TakenShare> {
    assert(this.#group !== undefined, "a group is joined after it has been opened");
    const { membership, isLeader, share, changed } = await this.#group.join();
    const { control, isContinued, partitions, members } = share as unknown as RunShare;
    checkGeneration(control, this.#plan.physical, this.#options.sources);
    this.#partitions = partitions;
    this.#sinks ??= await this.#openSinks(control.generation, isLeader);
    const sinks = this.#sinks;
    return { control, isContinued, membership, isLeader, partitions, members, changed, sinks };
  }

  /** Closes what the share had open: another process may need it. */
  async giveUp(): Promise<void> {
    const sinks = this.#sinks?.values() ?? [];
    this.#sinks = undefined;
    await closeAll(sinks);
  }

  async close(): Promise<void> {
    await this.giveUp();
    await this.#group?.leave();
  }

  /** Whether an error says no more than that another process has taken over. */
  isTakenOver(error: unknown): boolean {
    if (this.#group?.isShared !== true || !isMillraceError(error)) return false;
    return error.code === "LOG_WRITER_FENCED" || error.code === "LOG_GENERATION_STALE";
  }

  /** Tells the other runs and hears of them; undefined where there are none. */
  async openOtherRuns(
    { membership, members, partitions, isLeader }: TakenShare,
    parts: RunParts,
  ): Promise<OtherRuns | undefined> {
    const { board } = parts;
    if (board === undefined) return undefined;
    const { log, clock } = this.#environment;
    return OtherRuns.open({
      log,
      clock,
      plan: this.#plan.physical,
      board: board.buffer,
      place: board.place,
      member: membership.member,
      members,
      groupGeneration: membership.generation,
      partitions,
      isLeader,
      onFailure: () => parts.stop(),
    });
  }

  /**
   * After all tasks of a share have ended: waits until those of the others have, and records it.
   *
   * @returns false when the share was taken back, or the run stopped, before that
   */
  async finish(
    share: TakenShare,
    others: OtherRuns | undefined,
    stopped: AbortSignal,
  ): Promise<boolean> {
    const { log, clock } = this.#environment;
    const plan = this.#plan.physical;
    const { control, membership, isLeader, changed } = share;
    if (others !== undefined) {
      others.end();
      const until = AbortSignal.any([changed, stopped]);
      while (!(isLeader ? others.areAllEnded : await this.#isRecorded(share))) {
        await clock.sleep(finishedEveryMs, until);
        if (until.aborted) return false;
      }
    }
    if (isLeader) await finishGeneration({ log, membership, plan, control });
    return true;
  }

  /** Whether the leader has recorded the end. */
  async #isRecorded({ control }: TakenShare): Promise<boolean> {
    const last = await readControl(this.#environment.log, this.#plan.physical.pipeline);
    return last?.generation !== control.generation || last.status === "finished";
  }

  async #lead(
    members: readonly GroupMember[],
    membership: GroupMembership,
  ): Promise<ReadonlyMap<string, Json>> {
    const { log } = this.#environment;
    const plan = this.#plan.physical;
    const { topicSinks } = this.#options;
    const decided = await this.#decide();
    if (decided.isContinued) return dealOut(members, decided.control, true);
    await this.giveUp();
    const sinks = await this.#openSinks(decided.control.generation, true);
    this.#sinks = sinks;
    const control = await startGeneration({
      log,
      membership,
      plan,
      control: decided.control,
      sinks,
      topicSinks,
    });
    this.#isFresh = false;
    return dealOut(members, control, false);
  }

  #decide(): Promise<Generation> {
    const { log } = this.#environment;
    const { sources, topicSinks } = this.#options;
    const plan = this.#plan.physical;
    const isFresh = this.#isFresh;
    const isShared = this.#group?.isShared === true;
    return decideGeneration({ log, plan, sources, topicSinks, isFresh, isShared });
  }

  #openSinks(generation: number, isLeader: boolean): Promise<Map<string, OpenedSink>> {
    const { clock, connectors } = this.#environment;
    return openSinks(this.#plan.physical, connectors, { clock, generation, isLeader });
  }
}
