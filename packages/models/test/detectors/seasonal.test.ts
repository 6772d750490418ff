import { days, hours, isMillraceError } from "@millrace/core";
import { modelRegistry, seasonal } from "@millrace/models";
import { describe, expect, it } from "vitest";

describe("seasonal", () => {
  it("describes a detector with its defaults as plain data", () => {
    const descriptor = seasonal({ period: days(7) });
    expect(descriptor).toEqual({
      role: "detector",
      kind: "seasonal",
      options: {
        periodMs: 604_800_000,
        phases: null,
        alpha: 0.001,
        warmup: 2,
        memory: 12,
        minimumScale: 0,
        direction: "both",
        shiftAfterMs: null,
      },
    });
    expect(JSON.parse(JSON.stringify(descriptor))).toEqual(descriptor);
  });

  it.each([
    ["period", { period: hours(0) }],
    ["alpha", { period: days(1), alpha: 0 }],
    ["alpha", { period: days(1), alpha: Number.NaN }],
    ["warmup", { period: days(1), warmup: -1 }],
    ["memory", { period: days(1), memory: 1 }],
    ["phases", { period: days(1), phases: 2.5 }],
    ["minimumScale", { period: days(1), minimumScale: -1 }],
    ["shiftAfter", { period: days(1), shiftAfter: hours(0) }],
    ["direction", { period: days(1), direction: "up" as "both" }],
  ])("refuses a wrong `%s` and names it", (name, options) => {
    try {
      seasonal(options);
      expect.unreachable("the option is out of its range");
    } catch (error) {
      expect(isMillraceError(error) && error.code).toBe("PLAN_ARGUMENT_INVALID");
      expect(String(error)).toContain(`\`${name}\``);
    }
  });

  it.each([[null], [{}], [{ ...(seasonal({ period: days(1) }).options as object), alpha: 2 }]])(
    "refuses options of a plan that it would not have written: %j",
    (options) => {
      const make = modelRegistry.detectors["seasonal"]!;
      expect(() => make(options, { stepMs: undefined })).toThrow("seasonal");
    },
  );
});
