"""The jobs in Bytewax, one worker, bounded input (tail=False).

Without RECOVERY=1 there is no recovery store: then it is at least once only if it starts afresh.
"""
import json
import os
from datetime import datetime, timedelta, timezone
from pathlib import Path

import bytewax.operators as op
import bytewax.operators.windowing as win
import orjson
from bytewax.connectors.kafka import operators as kop, KafkaSinkMessage
from bytewax.dataflow import Dataflow
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.run import cli_main

E = os.environ
job = E["JOB"]
brokers = [E["BOOTSTRAP"]]
flow = Dataflow("peer")
UTC = timezone.utc


def parse(m):
    v = orjson.loads(m.value)
    v["t"] = datetime.fromisoformat(v["dateTime"]).replace(tzinfo=UTC)
    return v


def source(step, topic):
    k = kop.input(step, flow, brokers=brokers, topics=[topic], tail=False, batch_size=5000)
    return op.map(step + "-parse", k.oks, parse)


def message(key, value):
    return KafkaSinkMessage(str(key).encode(), orjson.dumps(value))


bid = source("bid", E["BID_TOPIC"])
if job == "j1":
    rows = op.filter("keep", bid, lambda b: b["price"] >= 100000)
    kept = ("auction", "bidder", "price")
    out = op.map("row", rows, lambda b: message(b["auction"], {name: b[name] for name in kept}))
elif job == "j2":
    # The clock is per key: its newest event, and then wall time. A wait of 4 s makes rows late on a
    # busy machine.
    clock = win.EventClock(lambda b: b["t"], wait_for_system_duration=timedelta(seconds=60))
    windower = win.TumblingWindower(
        align_to=datetime(1970, 1, 1, tzinfo=UTC), length=timedelta(seconds=10)
    )

    def fold(total, b):
        total[0] += 1
        total[1] += b["price"]
        return total

    def merge(a, b):
        return [a[0] + b[0], a[1] + b[1]]

    def closed(keyed):
        key, (window, (n, price_sum)) = keyed
        start = window * 10000
        row = {"auction": int(key), "window_start": start, "n": n, "price_sum": price_sum}
        return message(key, row)

    by_auction = op.key_on("key", bid, lambda b: str(b["auction"]))
    w = win.fold_window("sum", by_auction, clock, windower, lambda: [0, 0], fold, merge)
    out = op.map("row", w.down, closed)
elif job == "j3":
    # join_window is windowed, not an interval: a keyed stateful operator instead. State of one
    # auction: its row, and until it has come the bids that wait.
    auction = source("auction", E["AUCTION_TOPIC"])
    both = op.merge("both", bid, auction)
    keyed = op.key_on("key", both, lambda v: str(v.get("id", v.get("auction"))))
    span = timedelta(seconds=10)

    def join(state, v):
        state = state or {"a": None, "bids": []}
        if "id" in v:
            state["a"] = v
            ready, state["bids"] = state["bids"], []
        elif state["a"] is None:
            state["bids"].append(v)
            ready = []
        else:
            ready = [v]
        a = state["a"]
        within = [b for b in ready if a["t"] <= b["t"] < a["t"] + span]
        return state, [row_of(a, b) for b in within]

    def row_of(a, b):
        bid_part = {name: b[name] for name in ("auction", "bidder", "price")}
        return {**bid_part, "seller": a["seller"], "category": a["category"]}

    joined = op.stateful_flat_map("join", keyed, join)
    out = op.map("row", joined, lambda pair: message(pair[0], pair[1]))
else:
    def count(n, b):
        n = (n or 0) + 1
        return n, {"bidder": b["bidder"], "n": n}

    keyed = op.key_on("key", bid, lambda b: str(b["bidder"]))
    counted = op.stateful_map("count", keyed, count)
    out = op.map("row", counted, lambda pair: message(pair[0], pair[1]))
producer = {"linger.ms": "20", "batch.size": "524288"}
kop.output("out", out, brokers=brokers, topic=E["OUT_TOPIC"], add_config=producer)

# One process, one worker; an epoch, and with it a snapshot, each second.
recovery = None
if E.get("RECOVERY") == "1":
    directory = Path(E["STATE_DIR"]) / "recovery"
    directory.mkdir(parents=True, exist_ok=True)
    init_db_dir(directory, 1)
    recovery = RecoveryConfig(directory)
cli_main(flow, epoch_interval=timedelta(seconds=1), recovery_config=recovery)
