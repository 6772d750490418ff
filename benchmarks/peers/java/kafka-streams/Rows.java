package peers;

/** What the topics and the stores hold. */
final class Rows {
  /** Only what the jobs read: Jackson skips the rest. */
  public static final class Bid {
    public long auction;
    public long bidder;
    public long price;
    public String dateTime;
  }

  public static final class Auction {
    public long id;
    public long seller;
    public long category;
    public String dateTime;
  }

  public static final class Sum {
    public long n;
    public long sum;

    Sum add(long price) {
      n++;
      sum += price;
      return this;
    }
  }

  public record Kept(long auction, long bidder, long price) {}

  public record Closed(long auction, long window_start, long n, long price_sum) {}

  public record Joined(long auction, long bidder, long price, long seller, long category) {}

  public record Count(long bidder, long n) {}

  private Rows() {}
}
