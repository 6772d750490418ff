import { flightDelays } from "../flight-delays.ts";

const { FLIGHTS_INPUT: input, FLIGHTS_OUTPUT: output } = process.env;
if (input === undefined || output === undefined) {
  throw new Error("FLIGHTS_INPUT and FLIGHTS_OUTPUT name the files");
}

/** The pipeline over files that a test names. */
export default flightDelays({ input, output });
