import { millraceError } from "@millrace/core";
import type { AnswerMemory } from "./answer-memory.ts";

/** An answer longer than this is taken for a broken stream. */
const answerBytesMax = 512 * 1024 * 1024;

/** Bytes that are read at once where no answer has begun. */
const scratchBytes = 128 * 1024;

/**
 * Cuts a stream of bytes into answers, each with a 32-bit length before it. The socket reads into
 * `space`: what follows the beginning of a long answer goes straight to its memory, which is its
 * own until it is given back.
 */
export class AnswerFrames {
  private readonly onAnswer: (answer: Buffer) => void;
  private readonly memory: AnswerMemory;
  /** The first bytes of a length, while it is not complete. */
  private head: Buffer = Buffer.alloc(0);
  private body: Buffer | undefined;
  private filled = 0;
  private readonly scratch = Buffer.allocUnsafeSlow(scratchBytes);

  constructor(memory: AnswerMemory, onAnswer: (answer: Buffer) => void) {
    this.memory = memory;
    this.onAnswer = onAnswer;
  }

  /** Where the next bytes of the stream are to be put. */
  space(): Buffer {
    return this.body?.subarray(this.filled) ?? this.scratch;
  }

  /** So many bytes are at the beginning of `space` now. @throws as `push` */
  came(count: number): void {
    if (this.body === undefined) this.push(this.scratch.subarray(0, count));
    else this.advance(this.body, count);
  }

  /** Takes the next bytes of the stream. @throws KAFKA_ANSWER_INVALID at an impossible length */
  push(bytes: Buffer): void {
    let chunk = bytes;
    while (chunk.length > 0) {
      if (this.body === undefined) chunk = this.begin(chunk);
      else chunk = this.fill(this.body, chunk);
    }
  }

  /** Reads a length and what follows it; gives the rest of the chunk. */
  private begin(bytes: Buffer): Buffer {
    const chunk = this.head.length === 0 ? bytes : Buffer.concat([this.head, bytes]);
    this.head = Buffer.alloc(0);
    if (chunk.length < 4) {
      this.head = Buffer.from(chunk);
      return Buffer.alloc(0);
    }
    const length = chunk.readInt32BE(0);
    if (length < 4 || length > answerBytesMax) {
      const problem = `its length would be ${length} bytes`;
      throw millraceError("KAFKA_ANSWER_INVALID", { request: "a request", problem });
    }
    if (chunk.length >= 4 + length) {
      this.onAnswer(Buffer.from(chunk.subarray(4, 4 + length)));
      return chunk.subarray(4 + length);
    }
    this.body = this.memory.take(length);
    this.filled = 0;
    return chunk.subarray(4);
  }

  private fill(body: Buffer, chunk: Buffer): Buffer {
    const count = Math.min(chunk.length, body.length - this.filled);
    chunk.copy(body, this.filled, 0, count);
    this.advance(body, count);
    return chunk.subarray(count);
  }

  private advance(body: Buffer, count: number): void {
    this.filled += count;
    if (this.filled < body.length) return;
    this.body = undefined;
    this.onAnswer(body);
  }
}
