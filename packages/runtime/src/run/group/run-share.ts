import type { GroupMember, Json } from "@millrace/core";
import type { ControlRecord } from "../control-record.ts";
import { assignPartitions } from "./assign-partitions.ts";

/** What a run says of itself when it joins its pipeline's group. */
export interface RunMember {
  readonly [key: string]: Json;
  readonly fingerprint: string;
  /** Partitions whose tasks it had in the generation before. */
  readonly partitions: readonly number[];
  /** Those of them whose tasks are open while it joins. */
  readonly held: readonly number[];
}

/** What a run is to do: the tasks of some partitions, in a generation that has been prepared. */
export interface RunShare {
  readonly control: ControlRecord;
  readonly isContinued: boolean;
  readonly partitions: readonly number[];
  /** By partition of this run, another member that has its tasks open when the generation begins. */
  readonly from: Readonly<Record<string, string>>;
  /** All members that have a share, this one among them. */
  readonly members: readonly string[];
}

/**
 * Deals a generation's partitions out to the runs of a group. Runs of another plan get none: they
 * stop when they see the control record.
 */
export function dealOut(
  members: readonly GroupMember[],
  control: ControlRecord,
  isContinued: boolean,
): Map<string, Json> {
  const abouts = members.map(({ id, about }) => ({ id, about: about as unknown as RunMember }));
  const able = abouts.filter(({ about }) => about.fingerprint === control.fingerprint);
  const shares = assignPartitions(
    able.map(({ id, about }) => ({ id, had: about.partitions })),
    control.partitions,
  );
  return new Map(
    members.map(({ id }) => {
      const partitions = shares.get(id) ?? [];
      const from = holdersOf(partitions, able, id);
      const all = [...shares.keys()];
      const share: RunShare = { control, isContinued, partitions, from, members: all };
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
