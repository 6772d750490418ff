// What members of a group of consumers say of themselves, and what they are given:
//   Subscription v0 => version INT16, topics [STRING], user_data BYTES
//   Assignment v0   => version INT16, topics [name STRING, partitions [INT32]], user_data BYTES
// Arrays and bytes have 32-bit lengths. Without topics the two are alike.
import { millraceError } from "@millrace/core";

/** The type of groups that Kafka's tools show, with what they have read. */
export const consumerGroups = "consumer";

const headBytes = 2 + 4 + 4;

/** A message of a member's own, in the form that the tools of Kafka take apart. */
export function consumerMessage(userData: Uint8Array): Uint8Array {
  const message = Buffer.alloc(headBytes + userData.length);
  message.writeInt32BE(userData.length, headBytes - 4);
  message.set(userData, headBytes);
  return message;
}

/** The member's own part of what `consumerMessage` made. @throws KAFKA_ANSWER_INVALID */
export function consumerUserData(message: Uint8Array): Uint8Array {
  const view = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
  const isOurs = view.length >= headBytes && view.readInt32BE(2) === 0;
  if (isOurs && view.readInt32BE(headBytes - 4) === view.length - headBytes) {
    return message.subarray(headBytes);
  }
  const problem = "a member of the group is no run of the pipeline";
  throw millraceError("KAFKA_ANSWER_INVALID", { request: "JoinGroup", problem });
}
