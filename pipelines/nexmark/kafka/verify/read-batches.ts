/** What the header of a batch, or a control record, says; read here anew, not by the client. */
export interface LogBatch {
  readonly baseOffset: bigint;
  readonly recordCount: number;
  readonly producerId: bigint;
  readonly epoch: number;
  readonly baseSequence: number;
  readonly isTransactional: boolean;
  /** Absent for batches of records. */
  readonly mark?: "commit" | "abort";
  /** The offset after the batch. */
  readonly next: bigint;
}

const headerBytes = 61;
const transactionalBit = 16;
const controlBit = 32;

/** The whole batches of some bytes of a partition; the last one may be cut, and is left out. */
export function* readBatches(bytes: Uint8Array): Generator<LogBatch> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + headerBytes <= bytes.length;) {
    const end = at + 12 + view.getInt32(at + 8);
    if (end > bytes.length) return;
    const baseOffset = view.getBigInt64(at);
    const attributes = view.getInt16(at + 21);
    const isControl = (attributes & controlBit) !== 0;
    yield {
      baseOffset,
      recordCount: view.getInt32(at + 57),
      producerId: view.getBigInt64(at + 43),
      epoch: view.getInt16(at + 51),
      baseSequence: view.getInt32(at + 53),
      isTransactional: (attributes & transactionalBit) !== 0,
      ...(isControl ? { mark: markAt(view, at + headerBytes) } : {}),
      next: baseOffset + BigInt(view.getInt32(at + 23)) + 1n,
    };
    at = end;
  }
}

/**
 * Record => length VARINT, attributes INT8, timestamp_delta VARINT, offset_delta VARINT, key_length
 * VARINT, key => version INT16, type INT16 (0: abort, 1: commit)
 */
function markAt(view: DataView, start: number): "commit" | "abort" {
  let at = start;
  const skipVarint = (): void => {
    while (view.getUint8(at) >= 0x80) at += 1;
    at += 1;
  };
  skipVarint();
  at += 1;
  for (let field = 0; field < 3; field += 1) skipVarint();
  return view.getInt16(at + 2) === 1 ? "commit" : "abort";
}
