import type { GroupMember, Json } from "@millrace/core";
import type { ControlRecord } from "../control-record.ts";
import { dealPartitions } from "./assign-standbys.ts";

/** What a run says of itself when it joins its pipeline's group. */
export interface RunMember {
  readonly [key: string]: Json;
  readonly fingerprint: string;
  /** Partitions whose tasks it had in the generation before. */
  readonly partitions: readonly number[];
  /** Those of them whose tasks are open while it joins. */
  readonly held: readonly number[];
  /** Partitions of others of whose state it has a warm copy. */
  readonly warm: readonly number[];
}

/** What a run is to do: the tasks of some partitions, in a generation that has been prepared. */
export interface RunShare {
  readonly control: ControlRecord;
  readonly isContinued: boolean;
  readonly partitions: readonly number[];
  /**
   * By partition of this run, another member that has its tasks open when the generation begins.
   */
  readonly from: Readonly<Record<string, string>>;
  /** Partitions of others whose state it keeps warm. */
  readonly standbys: readonly number[];
  /** Those of them that it is to run once they are warm: it joins again then. */
  readonly awaited: readonly number[];
  /** All members that have a share, this one among them. */
  readonly members: readonly string[];
}

/**
 * Deals a generation's partitions out to the runs of a group. Runs of another plan get none: they
 * stop when they see the control record.
 *
 * @param copies of each partition's state that are kept warm
 */
export function dealOut(
  members: readonly GroupMember[],
  control: ControlRecord,
  { isContinued, copies }: { readonly isContinued: boolean; readonly copies: number },
): Map<string, Json> {
  const abouts = members.map(({ id, about }) => ({ id, about: about as unknown as RunMember }));
  const able = abouts.filter(({ about }) => about.fingerprint === control.fingerprint);
  const shares = dealPartitions(
    able.map(({ id, about }) => ({ id, had: about.partitions, ...about })),
    control.partitions,
    copies,
  );
  return new Map(
    members.map(({ id }) => {
      const deal = shares.get(id) ?? { partitions: [], standbys: [], awaited: [] };
      const from = holdersOf(deal.partitions, able, id);
      const all = [...shares.keys()];
      const share: RunShare = { control, isContinued, ...deal, from, members: all };
      return [id, share as unknown as Json];
    }),
  );
}

/** Who else has tasks of the partitions open. */
function holdersOf(
  partitions: readonly number[],
  members: readonly { readonly id: string; readonly about: RunMember }[],
  own: string,
): Record<string, string> {
  const holders: Record<string, string> = {};
  for (const { id, about } of members) {
    if (id === own) continue;
    for (const partition of about.held) if (partitions.includes(partition)) holders[partition] = id;
  }
  return holders;
}
