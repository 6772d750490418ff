"""The jobs in Pathway, one thread. It writes changes (diff, time), folded within a commit."""
import os
from datetime import timedelta

import pathway as pw

E = os.environ
job = E["JOB"]
settings = {
    "bootstrap.servers": E["BOOTSTRAP"],
    "group.id": E["GROUP"],
    "auto.offset.reset": "earliest",
    "linger.ms": "20",
    "batch.size": "524288",
}


class Bid(pw.Schema):
    auction: int
    bidder: int
    price: int
    dateTime: str


class Auction(pw.Schema):
    aid: int  # "id" is a reserved column name
    seller: int
    category: int
    dateTime: str


def read(topic, schema, paths=None):
    t = pw.io.kafka.read(
        settings,
        topic=topic,
        format="json",
        schema=schema,
        autocommit_duration_ms=1000,
        json_field_paths=paths,
        name=topic,
    )
    return t.with_columns(et=pw.this.dateTime.dt.strptime("%Y-%m-%d %H:%M:%S.%f"))


bid = read(E["BID_TOPIC"], Bid)
if job == "j1":
    r = bid.filter(pw.this.price >= 100000).select(pw.this.auction, pw.this.bidder, pw.this.price)
elif job == "j2":
    # Its clock is global over partitions, so that exactly_once_behavior, one row on close, loses rows
    # of partitions that are behind. Without it the output is updates.
    window = pw.temporal.tumbling(timedelta(seconds=10))
    r = bid.windowby(bid.et, window=window, instance=bid.auction)
    r = r.reduce(
        auction=pw.this._pw_instance,
        window_start=pw.this._pw_window_start.dt.strftime("%Y-%m-%d %H:%M:%S"),
        n=pw.reducers.count(),
        price_sum=pw.reducers.sum(pw.this.price),
    )
elif job == "j3":
    auction = read(E["AUCTION_TOPIC"], Auction, {"aid": "/id"})
    span = pw.temporal.interval(timedelta(0), timedelta(milliseconds=9999))
    r = auction.interval_join(bid, auction.et, bid.et, span, auction.aid == bid.auction).select(
        bid.auction, bid.bidder, bid.price, auction.seller, auction.category
    )
else:
    r = bid.groupby(bid.bidder).reduce(bid.bidder, n=pw.reducers.count())
pw.io.kafka.write(r, settings, topic_name=E["OUT_TOPIC"], format="json")
persistence = None
if E.get("PERSISTENCE") == "1":
    backend = pw.persistence.Backend.filesystem(os.path.join(E["STATE_DIR"], "persistence"))
    persistence = pw.persistence.Config(backend, snapshot_interval_ms=1000)
pw.run(monitoring_level=pw.MonitoringLevel.NONE, persistence_config=persistence)
