import { logSuite } from "@millrace/conformance";
import { openSimulatedLog } from "@millrace/log/simulated";

logSuite({
  name: "the simulated log",
  open: async () => {
    const log = openSimulatedLog();
    return { log, reopen: async () => log.openIn("second"), cleanUp: () => log.close() };
  },
});
