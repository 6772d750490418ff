import type { TimedPartition } from "../input/task-input.ts";

/** Where source partitions are in event time, in ms: three numbers, so that tasks can tell them. */
export interface SourceFront {
  /** Least watermark of the live ones, neither idle nor ended; +Infinity where there is none. */
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
      watermark = Math.min(watermark, partition.watermark);
      time = Math.min(time, partition.eventTime);
    }
  }
  return { watermark, time, idleTime };
}

/** The front of both. */
export function joinFronts(left: SourceFront, right: SourceFront): SourceFront {
  return {
    watermark: Math.min(left.watermark, right.watermark),
    time: Math.min(left.time, right.time),
    idleTime: Math.max(left.idleTime, right.idleTime),
  };
}
