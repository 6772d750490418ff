import { type RecordRanges, seededRandom } from "@millrace/core";

const channels = ["Google", "Facebook", "Baidu", "Apple"];

/** Bids of an auction house as JSON records of about 270 bytes; the same for the same numbers. */
export function bidRecords(from: number, count: number): RecordRanges {
  const random = seededRandom(from + 1);
  const whole = (below: number): number => Math.floor(random.next() * below);
  const values: string[] = [];
  for (let number = from; number < from + count; number += 1) {
    const channel = channels[whole(channels.length)] ?? "";
    const item = whole(1_000_000).toString(36);
    values.push(
      JSON.stringify({
        auction: 1_000 + whole(100_000),
        bidder: 1_000 + whole(50_000),
        // As many bids of each order of magnitude.
        price: Math.round(10 ** (random.next() * 6) * 100),
        channel,
        url: `https://www.auctions.example/${channel.toLowerCase()}/item.htm?query=1&item=${item}`,
        dateTime: new Date(1_767_225_600_000 + number * 10).toISOString(),
        extra: "x".repeat(65 + whole(41)),
      }),
    );
  }
  return rangesOf(values);
}

function rangesOf(values: readonly string[]): RecordRanges {
  const buffer = new TextEncoder().encode(values.join(""));
  const valueStart = new Int32Array(values.length);
  const valueLength = new Int32Array(values.length);
  let at = 0;
  values.forEach((value, index) => {
    valueStart[index] = at;
    valueLength[index] = value.length;
    at += value.length;
  });
  return { count: values.length, buffer, valueStart, valueLength };
}
