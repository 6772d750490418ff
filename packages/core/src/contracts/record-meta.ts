/** Keys, times and headers of records: ranges of the same buffer as their values. */
export interface RecordMeta {
  readonly keyStart: Int32Array;
  /** −1 for a record without a key. */
  readonly keyLength: Int32Array;
  /** In ms since 1970; of records to be written, NaN stands for the time that the log gives. */
  readonly timestamp: Float64Array;
  /**
   * Start of each record's headers: a varint count, then for each its key (varint length, UTF-8)
   * and its value (varint length, −1 for null; bytes). Varints are zig-zag, as in Kafka's format
   * v2.
   */
  readonly headersStart: Int32Array;
}
