import { isMillraceError } from "@millrace/core";
import { lockState } from "@millrace/runtime";
import { expect, test } from "vitest";

test("a state directory is locked once, per pipeline, until the lock is given back", async () => {
  const directory = `locked-${process.pid}`;
  const unlock = await lockState(directory, "a");
  const unlockOther = await lockState(directory, "b");
  await expect(lockState(directory, "a")).rejects.toSatisfy(
    (error) => isMillraceError(error) && error.code === "RUN_ALREADY_RUNNING",
  );
  await unlock();
  const unlockAgain = await lockState(directory, "a");
  await unlockAgain();
  await unlockOther();
});
