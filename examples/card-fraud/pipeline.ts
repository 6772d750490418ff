import { minutes, pipeline, t } from "millrace";
import { consoleTable } from "millrace/console";
import { ndjson } from "millrace/files";

const Payment = t.row({ at: t.timestamp(), card: t.utf8(), amount: t.float64() });

export default pipeline("card-fraud", (p) => {
  p.source("payments", ndjson("examples/card-fraud/payments.ndjson", Payment), {
    eventTime: (payment) => payment.at,
    outOfOrderness: minutes(1),
  })
    .keyBy("card")
    .pattern("tried-out", {
      sequence: (s) =>
        s
          .atLeast("small", 3, (payment) => payment.amount.lt(1))
          .one("large", (payment, match) =>
            payment.amount.gt(match.small.sum("amount").times(100)),
          ),
      within: minutes(10),
      select: (match) => ({
        from: match.small.first.at,
        tries: match.small.count(),
        tried: match.small.sum("amount").round(2),
        taken: match.large.last.amount,
      }),
    })
    .sink("table", consoleTable());
});
