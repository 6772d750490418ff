import type { BadRecord, DecodedRecords, Decoder, DecoderOptions, Format } from "@millrace/core";

/** A refused record and where it starts in the bytes decoded. */
export interface PlacedBadRecord extends BadRecord {
  readonly byte: number;
}

/** What a decoder of text made of some bytes. */
export interface PlacedRecords extends DecodedRecords {
  readonly badRecords: readonly PlacedBadRecord[];
}

/** A decoder of text, which can say on what line a refused record is. */
export interface PlacingDecoder extends Decoder {
  decode(bytes: Uint8Array, options: { rowsMax: number; isEnd: boolean }): PlacedRecords;
}

/** A format of records in text. */
export interface PlacingFormat extends Format {
  decoder(options: DecoderOptions): PlacingDecoder;
}
