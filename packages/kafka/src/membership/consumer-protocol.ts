// The form in which tools expect what members of a consumer group say (ConsumerProtocol v0):
//   subscription => version INT16, topics ARRAY of STRING, user_data BYTES?
//   assignment   => version INT16, partitions ARRAY of (topic STRING, ARRAY of INT32), user_data
//                   BYTES?
// Lengths are fixed: arrays and bytes INT32, strings INT16.

const headBytes = 2 + 4 + 4;

/** What a member says, as a subscription to no topic: our assignments do not go by topics. */
export function encodeSubscription(userData: Uint8Array): Uint8Array {
  return encode(userData);
}

/** What a member gets, as an assignment of no partition. */
export function encodeAssignment(userData: Uint8Array): Uint8Array {
  return encode(userData);
}

/** The user data of either; empty where there is none, or it is another program's. */
export function userDataOf(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < headBytes || view.getInt16(0) !== 0 || view.getInt32(2) !== 0) {
    return bytes.subarray(0, 0);
  }
  const length = view.getInt32(6);
  return length < 0 ? bytes.subarray(0, 0) : bytes.subarray(headBytes, headBytes + length);
}

function encode(userData: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(headBytes + userData.length);
  new DataView(bytes.buffer).setInt32(6, userData.length);
  bytes.set(userData, headBytes);
  return bytes;
}
