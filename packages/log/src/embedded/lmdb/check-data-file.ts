import { open } from "node:fs/promises";
import { join } from "node:path";

const metaBytes = 160;
const magicAt = 24;
const magic = 0xbeefc0de;
const pageBytesAt = 48;
const rootsAt = [88, 136];
const transactionAt = 152;
const noPage = 0xffff_ffff_ffff_ffffn;

/**
 * Refuses a data file that LMDB would crash on: it maps the file into memory and believes what
 * stands there. Checks the two meta pages, and that the newest roots lie within the file.
 *
 * @throws Error that says what is wrong; nothing when there is no file yet
 */
export async function checkDataFile(directory: string): Promise<void> {
  const first = new DataView(new ArrayBuffer(metaBytes));
  const second = new DataView(new ArrayBuffer(metaBytes));
  const handle = await openIfPresent(join(directory, "data.mdb"));
  if (handle === undefined) return;
  try {
    if ((await handle.stat()).size === 0) return;
    await handle.read(first, 0, metaBytes, 0);
    const pageBytes = first.getUint32(pageBytesAt, true);
    if (first.getUint32(magicAt, true) !== magic || !isPageSize(pageBytes)) throw damaged();
    await handle.read(second, 0, metaBytes, pageBytes);
    if (second.getUint32(magicAt, true) !== magic) throw damaged();
    const [a, b] = [first, second].map((meta) => meta.getBigUint64(transactionAt, true));
    const newest = (a ?? 0n) > (b ?? 0n) ? first : second;
    // Read after the meta pages: a run that writes meanwhile only makes the file longer.
    const pages = BigInt(Math.floor((await handle.stat()).size / pageBytes));
    for (const at of rootsAt) {
      const root = newest.getBigUint64(at, true);
      if (root !== noPage && root >= pages) throw damaged();
    }
  } finally {
    await handle.close();
  }
}

function isPageSize(bytes: number): boolean {
  return bytes >= 256 && bytes <= 65_536 && (bytes & (bytes - 1)) === 0;
}

function damaged(): Error {
  return new Error("data.mdb is damaged or cut off; to start afresh, remove the directory");
}

async function openIfPresent(path: string): Promise<Awaited<ReturnType<typeof open>> | undefined> {
  try {
    return await open(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
