import { logSuite } from "@millrace/conformance";
import { openMemoryLog } from "@millrace/log";

logSuite({
  name: "the memory log",
  open: async () => {
    const log = openMemoryLog();
    return { log, reopen: async () => log, cleanUp: () => log.close() };
  },
});
