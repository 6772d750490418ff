export { flightSummary } from "./flight-summary.ts";
export { writeFlightReport } from "./write-flight-report.ts";
