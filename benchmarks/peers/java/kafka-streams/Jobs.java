package peers;

import java.time.Duration;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.EmitStrategy;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.JoinWindows;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.StreamJoined;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.WindowStore;
import peers.Rows.Auction;
import peers.Rows.Bid;
import peers.Rows.Closed;
import peers.Rows.Count;
import peers.Rows.Joined;
import peers.Rows.Kept;
import peers.Rows.Sum;

/** The four jobs in the DSL. */
final class Jobs {
  /**
   * The store's default retention, size and grace, loses windows when catching up: what closes is
   * given out at most once per second of the wall clock, and the store drops segments by event time
   * before that.
   */
  private static final Duration RETENTION = Duration.ofHours(4);

  private static final Duration GRACE = Duration.ofSeconds(4);

  private final StreamsBuilder builder;
  private final String out;
  private final Serde<Bid> bids = Json.of(Bid.class);

  Jobs(StreamsBuilder builder, String out) {
    this.builder = builder;
    this.out = out;
  }

  void define(String job, String bidTopic, String auctionTopic) {
    KStream<String, Bid> bid =
        builder.stream(
            bidTopic,
            Consumed.with(Serdes.String(), bids)
                .withTimestampExtractor((r, latest) -> millis(((Bid) r.value()).dateTime)));
    switch (job) {
      case "j1" -> keep(bid);
      case "j2" -> sum(bid);
      case "j3" -> join(bid, auctionTopic);
      case "j4" -> count(bid);
      default -> throw new IllegalArgumentException(job);
    }
  }

  private void keep(KStream<String, Bid> bid) {
    bid.filter((key, v) -> v.price >= 100_000)
        .mapValues(v -> new Kept(v.auction, v.bidder, v.price))
        .to(out, Produced.with(Serdes.String(), Json.of(Kept.class)));
  }

  private void sum(KStream<String, Bid> bid) {
    Materialized<String, Sum, WindowStore<Bytes, byte[]>> store =
        Materialized.with(Serdes.String(), Json.of(Sum.class));
    bid.groupByKey(Grouped.with(Serdes.String(), bids))
        .windowedBy(TimeWindows.ofSizeAndGrace(Duration.ofSeconds(10), GRACE))
        .emitStrategy(EmitStrategy.onWindowClose())
        .aggregate(Sum::new, (key, v, sum) -> sum.add(v.price), store.withRetention(RETENTION))
        .toStream()
        .map(
            (window, s) -> {
              long start = window.window().start();
              Closed row = new Closed(Long.parseLong(window.key()), start, s.n, s.sum);
              return KeyValue.pair(window.key(), row);
            })
        .to(out, Produced.with(Serdes.String(), Json.of(Closed.class)));
  }

  private void join(KStream<String, Bid> bid, String auctionTopic) {
    Serde<Auction> auctions = Json.of(Auction.class);
    KStream<String, Auction> auction =
        builder.stream(
            auctionTopic,
            Consumed.with(Serdes.String(), auctions)
                .withTimestampExtractor((r, latest) -> millis(((Auction) r.value()).dateTime)));
    auction
        .join(
            bid,
            (a, v) -> new Joined(v.auction, v.bidder, v.price, a.seller, a.category),
            JoinWindows.ofTimeDifferenceAndGrace(Duration.ZERO, GRACE)
                .after(Duration.ofMillis(9_999)),
            StreamJoined.with(Serdes.String(), auctions, bids))
        .to(out, Produced.with(Serdes.String(), Json.of(Joined.class)));
  }

  /** Only the bidder goes through the repartition topic, as a number. */
  private void count(KStream<String, Bid> bid) {
    Materialized<String, Long, KeyValueStore<Bytes, byte[]>> store =
        Materialized.with(Serdes.String(), Serdes.Long());
    bid.map((key, v) -> KeyValue.pair(Long.toString(v.bidder), v.bidder))
        .groupByKey(Grouped.with(Serdes.String(), Serdes.Long()))
        .count(store)
        .toStream()
        .mapValues((bidder, n) -> new Count(Long.parseLong(bidder), n))
        .to(out, Produced.with(Serdes.String(), Json.of(Count.class)));
  }

  private static long millis(String text) {
    return LocalDateTime.parse(text.replace(' ', 'T')).toInstant(ZoneOffset.UTC).toEpochMilli();
  }
}
