import { mapToFloats } from "@millrace/columnar";
/**
 * Places of rows such that those of a key follow each other, in the order in which they came.
 *
 * What is kept of a key is then read once for all its rows, and not row by row between other keys.
 *
 * **Cost** O(rows) while there are not many more keys than rows, else O(rows · log rows)
 *
 * @param keys the number of each row's key
 * @param keyCount keys that there are
 */
export function rowsByKey(keys: Int32Array, keyCount: number): Int32Array {
  const count = keys.length;
  const order = new Int32Array(count);
  if (keyCount > count * 4) {
    // Key and place in one number, so that the native sort of numbers orders them.
    const packed = mapToFloats(keys, (key, place) => key * count + place).sort();
    for (let i = 0; i < count; i += 1) order[i] = (packed[i] as number) % count;
    return order;
  }
  const ends = new Int32Array(keyCount + 1);
  for (let i = 0; i < count; i += 1) ends[(keys[i] as number) + 1]! += 1;
  for (let key = 0; key < keyCount; key += 1) ends[key + 1]! += ends[key] as number;
  for (let i = 0; i < count; i += 1) {
    const key = keys[i] as number;
    order[ends[key] as number] = i;
    ends[key]! += 1;
  }
  return order;
}
