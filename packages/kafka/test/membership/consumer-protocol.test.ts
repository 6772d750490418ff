import { createRequire } from "node:module";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  encodeAssignment,
  encodeSubscription,
  userDataOf,
} from "../../src/membership/consumer-protocol.ts";

interface Encoder {
  encode(message: object): Buffer;
}
const load = createRequire(import.meta.url);
const { MemberMetadata, MemberAssignment } = load("kafkajs/src/consumer/assignerProtocol.js") as {
  readonly MemberMetadata: Encoder;
  readonly MemberAssignment: Encoder;
};

const userDatas = fc.uint8Array({ maxLength: 300 });
const plain = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe("what members of a consumer group say", () => {
  it("is what kafkajs writes for no topic and no partition", () => {
    fc.assert(
      fc.property(userDatas, (bytes) => {
        const userData = Buffer.from(bytes);
        const subscription = MemberMetadata.encode({ version: 0, topics: [], userData });
        expect(plain(encodeSubscription(bytes))).toBe(plain(subscription));
        const assignment = MemberAssignment.encode({ version: 0, assignment: {}, userData });
        expect(plain(encodeAssignment(bytes))).toBe(plain(assignment));
      }),
    );
  });

  it("is read again, wherever in a buffer it is", () => {
    fc.assert(
      fc.property(userDatas, fc.nat(20), (bytes, before) => {
        for (const encoded of [encodeSubscription(bytes), encodeAssignment(bytes)]) {
          const answer = Buffer.concat([Buffer.alloc(before, 0xff), encoded]);
          expect(plain(userDataOf(answer.subarray(before)))).toBe(plain(bytes));
        }
      }),
    );
  });

  it.each<[string, Uint8Array]>([
    ["nothing", Buffer.alloc(0)],
    ["too little", Buffer.alloc(9)],
    ["no user data", Buffer.from("000000000000ffffffff", "hex")],
    ["another version", Buffer.from("00010000000000000001aa", "hex")],
    [
      "topics",
      MemberMetadata.encode({ version: 0, topics: ["orders"], userData: Buffer.from("theirs") }),
    ],
  ])("is empty where another program says %s", (_, bytes) => {
    expect(userDataOf(bytes)).toHaveLength(0);
  });
});
