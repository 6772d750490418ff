import fc from "fast-check";
import { expect, it } from "vitest";
import { AnswerFrames } from "../../src/transport/answer-frames.ts";
import { AnswerMemory } from "../../src/transport/answer-memory.ts";

const answers = fc.array(fc.uint8Array({ minLength: 4, maxLength: 60 }), { maxLength: 8 });

/** The answers as they come over a socket. */
function streamOf(sent: readonly Uint8Array[]): Buffer {
  const parts = sent.flatMap((answer) => {
    const length = Buffer.alloc(4);
    length.writeInt32BE(answer.length);
    return [length, answer];
  });
  return Buffer.concat(parts);
}

it("answers are the same however the stream is cut", () => {
  fc.assert(
    fc.property(answers, fc.array(fc.nat(80)), (sent, sizes) => {
      const stream = streamOf(sent);
      const seen: string[] = [];
      const frames = new AnswerFrames(new AnswerMemory(), (answer) =>
        seen.push(answer.toString("hex")),
      );
      let at = 0;
      for (const size of sizes) frames.push(stream.subarray(at, (at += size)));
      frames.push(stream.subarray(at));
      expect(seen).toEqual(sent.map((answer) => Buffer.from(answer).toString("hex")));
    }),
    { seed: 4, numRuns: 500 },
  );
});

it("answers are the same when the stream is read into the space that is given", () => {
  fc.assert(
    fc.property(
      answers,
      fc.array(fc.integer({ min: 1, max: 80 }), { minLength: 1 }),
      (sent, sizes) => {
        const stream = streamOf(sent);
        const seen: string[] = [];
        const frames = new AnswerFrames(new AnswerMemory(), (answer) =>
          seen.push(answer.toString("hex")),
        );
        for (let at = 0, turn = 0; at < stream.length; turn += 1) {
          const space = frames.space();
          const size = sizes[turn % sizes.length] as number;
          const count = stream.copy(space, 0, at, at + Math.min(size, space.length));
          frames.came(count);
          at += count;
        }
        expect(seen).toEqual(sent.map((answer) => Buffer.from(answer).toString("hex")));
      },
    ),
    { seed: 5, numRuns: 500 },
  );
});

it.each(["ffffffff", "00000003", "7fffffff"])("the length %s ends the stream", (length) => {
  const frames = new AnswerFrames(new AnswerMemory(), () => undefined);
  expect(() => frames.push(Buffer.from(length, "hex"))).toThrow(
    expect.objectContaining({ code: "KAFKA_ANSWER_INVALID" }),
  );
});
