package peers;

import java.util.Map;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;

/**
 * The four jobs in Flink SQL on a cluster in this process: state on the heap, objects reused, a
 * checkpoint each second, Kafka sources up to the end they have at the start.
 */
public final class FlinkSql {
  private static final String CONNECTION =
      "'properties.bootstrap.servers'='" + setting("BOOTSTRAP", "") + "'";
  private static final String GROUP = setting("GROUP", "peer");
  private static final String GUARANTEE = setting("GUARANTEE", "at-least-once");

  private static final String BID_COLUMNS =
      "auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING,"
          + " `dateTime` TIMESTAMP(3), extra STRING,"
          + " WATERMARK FOR `dateTime` AS `dateTime` - INTERVAL '4' SECOND";
  private static final String AUCTION_COLUMNS =
      "id BIGINT, itemName STRING, description STRING, initialBid BIGINT, reserve BIGINT,"
          + " `dateTime` TIMESTAMP(3), expires TIMESTAMP(3), seller BIGINT, category BIGINT,"
          + " extra STRING, WATERMARK FOR `dateTime` AS `dateTime` - INTERVAL '4' SECOND";

  private static final Map<String, String> OUT_COLUMNS =
      Map.of(
          "j1", "auction BIGINT, bidder BIGINT, price BIGINT",
          "j2", "auction BIGINT, window_start TIMESTAMP(3), n BIGINT, price_sum BIGINT",
          "j3", "auction BIGINT, bidder BIGINT, price BIGINT, seller BIGINT, category BIGINT",
          "j4", "bidder BIGINT, n BIGINT, PRIMARY KEY (bidder) NOT ENFORCED");

  private static final Map<String, String> QUERIES =
      Map.of(
          "j1", "SELECT auction, bidder, price FROM bid WHERE price >= 100000",
          "j2",
              "SELECT auction, window_start, COUNT(*), SUM(price) FROM TABLE("
                  + "TUMBLE(TABLE bid, DESCRIPTOR(`dateTime`), INTERVAL '10' SECOND))"
                  + " GROUP BY auction, window_start, window_end",
          "j3",
              "SELECT B.auction, B.bidder, B.price, A.seller, A.category"
                  + " FROM auction A JOIN bid B ON A.id = B.auction"
                  + " AND B.`dateTime` >= A.`dateTime`"
                  + " AND B.`dateTime` < A.`dateTime` + INTERVAL '10' SECOND",
          "j4", "SELECT bidder, COUNT(*) FROM bid GROUP BY bidder");

  public static void main(String[] args) throws Exception {
    String job = setting("JOB", "j1");
    StreamExecutionEnvironment environment =
        StreamExecutionEnvironment.getExecutionEnvironment(configuration());
    StreamTableEnvironment tables = StreamTableEnvironment.create(environment);
    tables.getConfig().set("table.local-time-zone", "UTC");
    if (setting("MINIBATCH", "0").equals("1")) {
      tables.getConfig().set("table.exec.mini-batch.enabled", "true");
      tables.getConfig().set("table.exec.mini-batch.allow-latency", "2 s");
      tables.getConfig().set("table.exec.mini-batch.size", "50000");
    }
    tables.executeSql(sourceTable("bid", BID_COLUMNS, setting("BID_TOPIC", "bid")));
    tables.executeSql(sourceTable("auction", AUCTION_COLUMNS, setting("AUCTION_TOPIC", "auction")));
    tables.executeSql(sinkTable(job));
    tables.executeSql("INSERT INTO o " + QUERIES.get(job)).await();
    System.exit(0);
  }

  private static Configuration configuration() {
    Configuration configuration = new Configuration();
    configuration.setString("parallelism.default", "1");
    configuration.setString("taskmanager.numberOfTaskSlots", "4");
    configuration.setString("taskmanager.memory.network.max", "128m");
    configuration.setString("state.backend.type", "hashmap");
    configuration.setString("pipeline.object-reuse", "true");
    configuration.setString("execution.checkpointing.interval", "1 s");
    configuration.setString(
        "execution.checkpointing.mode",
        GUARANTEE.equals("exactly-once") ? "EXACTLY_ONCE" : "AT_LEAST_ONCE");
    configuration.setString("execution.checkpointing.storage", "filesystem");
    String directory = setting("STATE_DIR", System.getProperty("java.io.tmpdir"));
    configuration.setString("execution.checkpointing.dir", "file://" + directory + "/checkpoints");
    return configuration;
  }

  private static String sourceTable(String name, String columns, String topic) {
    return "CREATE TABLE " + name + " (" + columns + ") WITH ('connector'='kafka'," + CONNECTION
        + ",'format'='json','topic'='" + topic + "','properties.group.id'='" + GROUP + "'"
        + ",'scan.startup.mode'='earliest-offset','scan.bounded.mode'='latest-offset')";
  }

  private static String sinkTable(String job) {
    String connector =
        job.equals("j4")
            ? "'connector'='upsert-kafka','key.format'='raw','value.format'='json'"
            : "'connector'='kafka','format'='json'";
    return "CREATE TABLE o (" + OUT_COLUMNS.get(job) + ") WITH (" + connector + "," + CONNECTION
        + ",'topic'='" + setting("OUT_TOPIC", "out") + "'"
        + ",'sink.delivery-guarantee'='" + GUARANTEE + "'"
        + ",'sink.transactional-id-prefix'='" + GROUP + "'"
        + ",'properties.linger.ms'='20','properties.batch.size'='524288'"
        + ",'properties.transaction.timeout.ms'='600000')";
  }

  private static String setting(String name, String otherwise) {
    String value = System.getenv(name);
    return value == null || value.isEmpty() ? otherwise : value;
  }

  private FlinkSql() {}
}
