import type { Command } from "commander";
import type { CliEnvironment } from "../environment.ts";
import { stateDefault } from "../run-flags.ts";

/** `pipe dead-letters <pipeline>`: the records that could not go on, one JSON object a line. */
export function addDeadLettersCommand(program: Command, environment: CliEnvironment): void {
  program
    .command("dead-letters")
    .description("print the dead letters of a pipeline's saved state, one JSON object a line")
    .argument("<pipeline>", "name of the pipeline")
    .option("--state <directory>", "directory of saved state", stateDefault)
    .option("--log <place>", "log that the pipeline ran on; instead of --state")
    .action(async (pipeline: string, place: { state: string; log?: string }) => {
      for (const letter of await environment.deadLetters(pipeline, place)) {
        environment.stdout(`${JSON.stringify(letter)}\n`);
      }
    });
}
