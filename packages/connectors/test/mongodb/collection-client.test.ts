import { t } from "@millrace/core";
import { MongoServerError } from "mongodb";
import { describe, expect, it } from "vitest";
import { checkTransactions } from "../../src/mongodb/collection-client.ts";
import { readSinkConfig } from "../../src/mongodb/config.ts";
import { mapMongodbError } from "../../src/mongodb/error-map.ts";
import { mongodb } from "../../src/mongodb/index.ts";

describe("what a server says of itself", () => {
  it("is accepted from a member of a replica set and from a router of shards", () => {
    checkTransactions({ setName: "rs0" }, "host:27017");
    checkTransactions({ msg: "isdbgrid" }, "host:27017");
  });

  it("is refused from one that has no transactions", () => {
    expect(() => checkTransactions({ isWritablePrimary: true }, "host:27017")).toThrow(
      expect.objectContaining({
        code: "STORE_TRANSACTIONS_MISSING",
        params: { store: "MongoDB", place: "host:27017" },
      }),
    );
  });
});

describe("an error of a server", () => {
  const mapped = (code: number, errorLabels: string[] = []) =>
    mapMongodbError(new MongoServerError({ message: "text.", code, errorLabels }), "h", "c").code;

  it.each([
    [13, "STORE_ACCESS_DENIED"],
    [18, "STORE_ACCESS_DENIED"],
    [121, "STORE_ROW_REFUSED"],
    [11_000, "STORE_ROW_REFUSED"],
    [112, "STORE_BUSY"],
    [10_107, "STORE_BUSY"],
    [2, "STORE_FAILED"],
  ])("of code %i is %s", (code, expected) => {
    expect(mapped(code)).toBe(expected);
  });

  it("that leaves open whether a transaction was committed is as no answer", () => {
    expect(mapped(50, ["UnknownTransactionCommitResult"])).toBe("STORE_UNREACHABLE");
    expect(mapped(263, ["TransientTransactionError"])).toBe("STORE_BUSY");
  });
});

describe("options of the MongoDB sink", () => {
  const { schema } = t.row({ _id: t.int32(), tags: t.list(t.utf8()) });
  const options = { url: "mongodb://localhost", database: "d", collection: "c" };

  it.each([
    [{ key: ["nobody"] }, 'there is no column "nobody"'],
    [{ key: ["tags"] }, 'the column "tags" is list, which makes no key'],
    [{ key: ["_id", "tags"] }, 'the column "tags" is list, which makes no key'],
    [{ url: { variable: "NO_SUCH_VARIABLE" } }, "the variable NO_SUCH_VARIABLE"],
  ])("%j are refused for these columns", (more, problem) => {
    const descriptor = mongodb({ ...options, ...more });
    expect(() => readSinkConfig(descriptor.options, schema)).toThrow(problem);
  });

  it("hold no password", () => {
    const url = "mongodb://me:secret@one,two/?replicaSet=rs0";
    expect(() => mongodb({ ...options, url })).toThrow("url holds a password");
  });
});
