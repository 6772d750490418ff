import type { TimedPartition } from "../input/task-input.ts";

/** Where source partitions are in event time, in ms: three numbers, so that tasks can tell them. */
export interface SourceFront {
  /**
   * Least watermark of the live ones, neither idle nor ended, that have given a record or may have
   * one to read; +Infinity where there is none.
   */
  readonly watermark: number;
  /** Least event time of the live ones; +Infinity where there is none. */
  readonly time: number;
  /** Greatest event time of the idle ones; −Infinity where there is none. */
  readonly idleTime: number;
}

/** The front of no partition. */
export const noFront: SourceFront = { watermark: Infinity, time: Infinity, idleTime: -Infinity };

/** The front of some partitions. */
export function frontOf(partitions: Iterable<TimedPartition>): SourceFront {
  let { watermark, time, idleTime } = noFront;
  for (const partition of partitions) {
    if (partition.isEnded) continue;
    if (partition.isIdle) {
      idleTime = Math.max(idleTime, partition.eventTime);
    } else {
      if (!isSilent(partition)) watermark = Math.min(watermark, partition.watermark);
      time = Math.min(time, partition.eventTime);
    }
  }
  return { watermark, time, idleTime };
}

/** Whether nothing is known of where it is: to wait for it before reading others is no use. */
function isSilent(partition: TimedPartition): boolean {
  return partition.isCaughtUp && partition.eventTime === -Infinity;
}

/** The front of both. */
export function joinFronts(left: SourceFront, right: SourceFront): SourceFront {
  return {
    watermark: Math.min(left.watermark, right.watermark),
    time: Math.min(left.time, right.time),
    idleTime: Math.max(left.idleTime, right.idleTime),
  };
}
