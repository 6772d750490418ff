import { describe, expect, it } from "vitest";
import { shrunken } from "./shrunken.ts";

describe("shrunken", () => {
  it("leaves what the claim needs", () => {
    const text = Buffer.from("a long text with an x in it, and a y at some distance");
    const small = shrunken(text, (part) => part.includes(120) && part.includes(121));
    expect(Buffer.from(small).toString()).toBe("xy");
  });

  it("gives the bytes when nothing can be left out", () => {
    expect([...shrunken(Buffer.from("ab"), (part) => part.length === 2)]).toEqual([97, 98]);
  });
});
