/** Sequence numbers are 31 bits and go on at 0 after the last. */
const sequenceCount = 2 ** 31;

/** The next sequence number of each partition: the count of records sent with the epoch. */
export class PartitionSequences {
  private readonly next = new Map<string, number>();

  /** The number for the first of so many records; later ones follow them. */
  take(topic: string, partition: number, recordCount: number): number {
    const name = `${topic}/${partition}`;
    const sequence = this.next.get(name) ?? 0;
    this.next.set(name, (sequence + recordCount) % sequenceCount);
    return sequence;
  }

  /** A new epoch begins at 0 everywhere. */
  restart(): void {
    this.next.clear();
  }
}
