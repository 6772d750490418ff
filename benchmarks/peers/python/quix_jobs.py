"""The four jobs in Quix Streams, one process, with its RocksDB state and changelog topics."""
import os
from datetime import datetime, timedelta, timezone

from quixstreams import Application
from quixstreams.dataframe.windows import Count, Sum

E = os.environ
app = Application(
    broker_address=E["BOOTSTRAP"],
    consumer_group=E["GROUP"],
    auto_offset_reset="earliest",
    state_dir=E["STATE_DIR"],
    processing_guarantee=E.get("GUARANTEE", "at-least-once"),
    commit_interval=1.0,
    loglevel="WARNING",
    producer_extra_config={"linger.ms": 20, "batch.size": 524288},
)


def event_time(value, headers, timestamp, timestamp_type):
    t = value["dateTime"]
    return int(datetime.fromisoformat(t).replace(tzinfo=timezone.utc).timestamp() * 1000)


def topic(name):
    return app.topic(
        name, key_deserializer="str", value_deserializer="json", timestamp_extractor=event_time
    )


out = app.topic(E["OUT_TOPIC"], key_serializer="str", value_serializer="json")
bid = app.dataframe(topic(E["BID_TOPIC"]))
job = E["JOB"]
if job == "j1":
    bid[bid["price"] >= 100000][["auction", "bidder", "price"]].to_topic(out)
elif job == "j2":
    windows = bid.tumbling_window(timedelta(seconds=10), grace_ms=timedelta(seconds=4))
    sums = windows.agg(n=Count(), price_sum=Sum("price")).final(closing_strategy="partition")

    def closed(value, key, timestamp, headers):
        totals = {"n": value["n"], "price_sum": value["price_sum"]}
        return {"auction": int(key), "window_start": value["start"], **totals}

    sums.apply(closed, metadata=True).to_topic(out)
elif job == "j3":
    auction = app.dataframe(topic(E["AUCTION_TOPIC"]))

    def joined(a, b):
        bid_part = {name: b[name] for name in ("auction", "bidder", "price")}
        return {**bid_part, "seller": a["seller"], "category": a["category"]}

    j = auction.join_interval(
        bid,
        how="inner",
        grace_ms=timedelta(minutes=1),
        backward_ms=0,
        forward_ms=9999,
        on_merge=joined,
    )
    j.to_topic(out)
else:
    def count(value, state):
        n = state.get("n", 0) + 1
        state.set("n", n)
        return {"bidder": value["bidder"], "n": n}

    # Only the bidder goes through the repartition topic.
    by = bid[["bidder"]].group_by(
        lambda v: str(v["bidder"]), name="bidder", key_serializer="str", key_deserializer="str"
    )
    by.apply(count, stateful=True).to_topic(out)
app.run()
