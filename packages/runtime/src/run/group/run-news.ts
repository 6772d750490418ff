import type { SourceFront } from "../../watermark/source-front.ts";

/**
 * What one run of a group tells the others: its state as a whole, so that only the last one of each
 * run counts.
 */
export interface RunNews {
  readonly member: string;
  /** Of the group: news of members that are no more are of an older one. */
  readonly groupGeneration: number;
  readonly partitions: readonly number[];
  /** Whether all tasks of its partitions have ended. */
  readonly isEnded: boolean;
  /** Where its source partitions are, by the name of a group of connected stages. */
  readonly fronts: Readonly<Record<string, SourceFront>>;
}

type PlainFront = readonly [watermark: string, time: string, idleTime: string];

/** As JSON, in which numbers have no infinity. */
export function encodeNews(news: RunNews): Uint8Array {
  const fronts = Object.fromEntries(
    Object.entries(news.fronts).map(
      ([group, { watermark, time, idleTime }]): [string, PlainFront] => [
        group,
        [String(watermark), String(time), String(idleTime)],
      ],
    ),
  );
  return new TextEncoder().encode(JSON.stringify({ ...news, fronts }));
}

/** Reads what `encodeNews` wrote. */
export function decodeNews(bytes: Uint8Array): RunNews {
  const plain = JSON.parse(new TextDecoder().decode(bytes)) as Omit<RunNews, "fronts"> & {
    readonly fronts: Readonly<Record<string, PlainFront>>;
  };
  const fronts = Object.fromEntries(
    Object.entries(plain.fronts).map(([group, [watermark, time, idleTime]]) => [
      group,
      { watermark: Number(watermark), time: Number(time), idleTime: Number(idleTime) },
    ]),
  );
  return { ...plain, fronts };
}
