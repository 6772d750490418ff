/**
 * Takes rows apart by a number each of them has; the order within a part stays. There are few
 * different ones.
 *
 * **Cost** one pass, and one more per different number after the first
 *
 * @param ends by row of the batch
 * @param visit `rows` are the ones given where they all have the same number
 */
export function splitByEnd(
  rows: Int32Array,
  count: number,
  ends: Float64Array,
  visit: (end: number, rows: Int32Array, count: number) => void,
): void {
  let rest = rows;
  let restCount = count;
  while (restCount > 0) {
    const end = ends[rest[0] as number] as number;
    let same = 0;
    while (same < restCount && ends[rest[same] as number] === end) same += 1;
    if (same === restCount) {
      visit(end, rest, restCount);
      return;
    }
    const taken = new Int32Array(restCount);
    const left = new Int32Array(restCount);
    let takenCount = 0;
    let leftCount = 0;
    for (let i = 0; i < restCount; i += 1) {
      const row = rest[i] as number;
      if (ends[row] === end) taken[takenCount++] = row;
      else left[leftCount++] = row;
    }
    visit(end, taken, takenCount);
    rest = left;
    restCount = leftCount;
  }
}
