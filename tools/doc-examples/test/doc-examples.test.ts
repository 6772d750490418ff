import { describe, expect, test } from "vitest";
import { packages } from "virtual:doc-examples/all.ts";

async function expectThrows(act: () => Promise<void>, text: string): Promise<void> {
  let thrown: unknown;
  try {
    await act();
  } catch (error) {
    thrown = error;
  }
  const code = (thrown as { code?: string } | undefined)?.code ?? "";
  expect(`${code} ${String(thrown)}`).toContain(text);
}

describe.each(packages)("documentation examples of $name", ({ titles, load }) => {
  test.each(titles.map((title, index) => ({ title, index })))("$title", async ({ index }) => {
    const { examples } = await load();
    await examples[index]?.run(expect, expectThrows);
    expect(examples[index]).toBeDefined();
  });
});
