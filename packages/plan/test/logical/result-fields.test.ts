import { expect, test } from "vitest";
import { severities } from "@millrace/core";
import { detectionFields, forecastFields } from "../../src/logical/result-fields.ts";

test("forecast intervals are named by their level in percent", () => {
  expect(
    forecastFields([0.8, 0.95])
      .map((f) => f.name)
      .slice(-4),
  ).toEqual(["lower80", "upper80", "lower95", "upper95"]);
});

test("the severities of a plan are those of the detectors, in their order", () => {
  const severity = detectionFields.find((f) => f.name === "severity");
  expect(severity?.type).toMatchObject({ values: severities });
});
