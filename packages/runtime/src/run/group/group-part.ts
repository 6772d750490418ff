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
import { type ControlRecord, readControl } from "../control-record.ts";
import type { RunEnvironment, RunnablePlan } from "../run-options.ts";
import { LiveMembership } from "../../task/live-membership.ts";
import type { PartShare, RunParts } from "../threads/threaded-parts.ts";
import { HandOvers } from "./hand-overs.ts";
import { OtherRuns } from "./other-runs.ts";
import { dealOut, type RunMember, type RunShare } from "./run-share.ts";

/** How often a run that has ended looks whether the others have. */
const finishedEveryMs = 100;

/** What a run has of its pipeline until the group changes. */
export interface TakenShare extends Generation, Omit<RunShare, keyof Generation> {
  readonly membership: LiveMembership;
  /** Of the group. */
  readonly groupGeneration: number;
  /** When this run began to join it, by its clock, in ms. */
  readonly changedAtMs: number;
  readonly isLeader: boolean;
  readonly changed: AbortSignal;
  /** Those that this process writes. */
  readonly sinks: ReadonlyMap<string, OpenedSink>;
}

/** Partitions that need not be restored here, by what there is of them. */
interface OpenTasks {
  /** Tasks that are open. */
  readonly held: readonly number[];
  /** Warm copies of the state of other runs' tasks. */
  readonly warm: readonly number[];
}

const nothingOpen: OpenTasks = { held: [], warm: [] };

/** What the decision between continuing and starting afresh depends on, and how it is dealt out. */
interface GroupPartOptions {
  readonly sources: ReadonlyMap<string, Source>;
  readonly topicSinks: ReadonlyMap<string, TopicSink>;
  readonly isFresh: boolean;
  /** Whether the run has had a share before, and restores itself: what it worked at may be done. */
  readonly isAgain: boolean;
  /** When the run was started, in ms since 1970. */
  readonly startedAtMs: number;
  /** As `RunSettings.standbyCopies`. */
  readonly copies: number;
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
  /** Of the tasks that are open. */
  #live: LiveMembership | undefined;
  /** What it has dealt out last, as long as it is the leader: nobody else changes that. */
  #led: ControlRecord | undefined;
  /** What is open, or warm, while it joins. */
  #open: OpenTasks = nothingOpen;
  #sinks: Map<string, OpenedSink> | undefined;
  /** Whether those with a single owner are among them. */
  #sinksAreLeaders = false;

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
      about: (): RunMember => ({
        fingerprint,
        partitions: this.#partitions,
        ...this.#open,
      }),
      begun: (membership) => this.#live?.goOn(membership),
      assign: (members, membership) => this.#lead(members, membership),
    });
    await this.#decide();
  }

  /** Whether other runs may share the pipeline. */
  get isShared(): boolean {
    return this.#group?.isShared === true;
  }

  /** Joins the group with nothing open, and opens the sinks of its share. */
  async join(): Promise<TakenShare> {
    this.#live = undefined;
    const { membership, ...share } = await this.#join(nothingOpen);
    return { ...share, membership: new LiveMembership(membership) };
  }

  /**
   * Joins again while tasks go on: what they commit is in the name of the last generation, and then
   * of the next one.
   *
   * @returns undefined when the tasks cannot be kept: all have to be closed, and the group joined
   *   with nothing open
   */
  async joinAgain(last: TakenShare, open: OpenTasks): Promise<TakenShare | undefined> {
    this.#live = last.membership;
    const joining = this.#join(open);
    void last.membership.follow(joining);
    const next = await joining;
    return mayKeep(last, next) ? { ...next, membership: last.membership } : undefined;
  }

  /** What a part is to do of a share. */
  shareOfParts(share: TakenShare): PartShare {
    const { partitions, sinks, standbys, groupGeneration, from, changed } = share;
    const { log, clock } = this.#environment;
    const { pipeline } = this.#plan.physical;
    const handOvers = new HandOvers({ log, clock, pipeline, groupGeneration, from, changed });
    const handedOver = (partition: number): Promise<boolean> => handOvers.handedOver(partition);
    return { partitions, sinks, standbys, handedOver };
  }

  /** Closes what the share had open: another process may need it. */
  async giveUp(): Promise<void> {
    const sinks = this.#sinks?.values() ?? [];
    this.#sinks = undefined;
    this.#sinksAreLeaders = false;
    await closeAll(sinks);
  }

  async close(): Promise<void> {
    await this.giveUp();
    await this.#group?.leave();
  }

  /** Whether an error says no more than that another process has taken over. */
  isTakenOver(error: unknown): boolean {
    if (!this.isShared || !isMillraceError(error)) return false;
    return error.code === "LOG_WRITER_FENCED" || error.code === "LOG_GENERATION_STALE";
  }

  /** Tells the other runs and hears of them; undefined where there are none. */
  async openOtherRuns(
    { membership, groupGeneration, members, partitions, isLeader }: TakenShare,
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
      groupGeneration,
      partitions,
      isLeader,
      onFailure: () => parts.stop(),
    });
  }

  /**
   * After all tasks of a share have ended: waits until those of the others have, and records it.
   *
   * @param until the share is taken back, or the run is stopped
   * @returns false when that came before
   */
  async finish(
    share: TakenShare,
    others: OtherRuns | undefined,
    until: AbortSignal,
  ): Promise<boolean> {
    const { log, clock } = this.#environment;
    const plan = this.#plan.physical;
    const { control, membership, isLeader } = share;
    if (others !== undefined) {
      others.end();
      while (!(isLeader ? others.areAllEnded : await this.#isRecorded(share))) {
        await clock.sleep(finishedEveryMs, until);
        // The leader leaves once it has recorded the end, which changes the group.
        if (until.aborted) return !isLeader && (await this.#isRecorded(share));
      }
    }
    if (isLeader) await finishGeneration({ log, clock, membership, plan, control });
    return true;
  }

  /** Whether the leader has recorded the end. */
  async #isRecorded({ control }: TakenShare): Promise<boolean> {
    const last = await readControl(this.#environment.log, this.#plan.physical.pipeline);
    return last?.generation !== control.generation || last.status === "finished";
  }

  async #join(open: OpenTasks): Promise<JoinedShare> {
    assert(this.#group !== undefined, "a group is joined after it has been opened");
    this.#open = open;
    const changedAtMs = this.#environment.clock.now();
    const { membership, isLeader, share, changed } = await this.#group.join();
    if (!isLeader) this.#led = undefined;
    const { control, ...dealt } = share as unknown as RunShare;
    checkGeneration(control, this.#plan.physical, this.#options.sources);
    this.#partitions = dealt.partitions;
    const sinks = await this.#sinksOf(control.generation, isLeader);
    const groupGeneration = membership.generation;
    return {
      control,
      ...dealt,
      membership,
      groupGeneration,
      changedAtMs,
      isLeader,
      changed,
      sinks,
    };
  }

  /** The sinks of the share: a run that has become the leader has those with one owner as well. */
  async #sinksOf(generation: number, isLeader: boolean): Promise<Map<string, OpenedSink>> {
    if (this.#sinks !== undefined && (this.#sinksAreLeaders || !isLeader)) return this.#sinks;
    const open = this.#sinks ?? new Map<string, OpenedSink>();
    const others = await this.#openSinks(generation, isLeader, new Set(open.keys()));
    this.#sinks = new Map([...open, ...others]);
    this.#sinksAreLeaders = isLeader;
    return this.#sinks;
  }

  async #lead(
    members: readonly GroupMember[],
    membership: GroupMembership,
  ): Promise<ReadonlyMap<string, Json>> {
    const { log } = this.#environment;
    const plan = this.#plan.physical;
    const { topicSinks, copies } = this.#options;
    if (this.#led !== undefined && this.#live?.member === membership.member) {
      return dealOut(members, this.#led, { isContinued: true, copies });
    }
    const decided = await this.#decide();
    this.#led = decided.control;
    if (decided.isContinued) {
      return dealOut(members, decided.control, { isContinued: true, copies });
    }
    await this.giveUp();
    await this.#sendHoldersAway(members, membership);
    const sinks = await this.#sinksOf(decided.control.generation, true);
    const control = await startGeneration({
      log,
      membership,
      plan,
      control: decided.control,
      sinks,
      topicSinks,
    });
    this.#isFresh = false;
    this.#led = control;
    return dealOut(members, control, { isContinued: false, copies });
  }

  /** Who has tasks open must not commit them into topics that are made anew. */
  async #sendHoldersAway(
    members: readonly GroupMember[],
    { group, member }: GroupMembership,
  ): Promise<void> {
    for (const { id, about } of members) {
      const isHolder = (about as unknown as RunMember).held.length > 0;
      if (isHolder && id !== member) await this.#environment.log.removeMember?.(group, id);
    }
  }

  #decide(): Promise<Generation> {
    const { log, clock } = this.#environment;
    const { sources, topicSinks } = this.#options;
    const plan = this.#plan.physical;
    const isFresh = this.#isFresh;
    const mayRedo = (finished: ControlRecord): boolean => this.#mayRedo(finished);
    return decideGeneration({ log, clock, plan, sources, topicSinks, isFresh, mayRedo });
  }

  /**
   * Where a run is alone, to start a pipeline that has finished means to do it all over again. Not
   * where the run shares it, has restored itself, or has stood still on its way: what others have
   * finished since it was started stays.
   */
  #mayRedo({ finishedAtMs = -Infinity }: ControlRecord): boolean {
    const { isAgain, startedAtMs } = this.#options;
    return !this.isShared && !isAgain && finishedAtMs <= startedAtMs;
  }

  #openSinks(
    generation: number,
    isLeader: boolean,
    isOpen: ReadonlySet<string>,
  ): Promise<Map<string, OpenedSink>> {
    const { clock, connectors } = this.#environment;
    const context = { clock, generation, isLeader };
    return openSinks(this.#plan.physical, connectors, context, isOpen);
  }
}

/** A share as it was joined. */
type JoinedShare = Omit<TakenShare, "membership"> & { readonly membership: GroupMembership };

/**
 * Whether what was open goes on. Not where this run was given up for lost, and others may have had
 * its partitions; not where the pipeline was started afresh; and a store with one owner is let go
 * of whole.
 */
function mayKeep(last: TakenShare, next: JoinedShare): boolean {
  const isSameMember = next.membership.member === last.membership.member;
  const isSameRun = next.control.generation === last.control.generation;
  return isSameMember && isSameRun && (next.isLeader || !last.isLeader);
}
