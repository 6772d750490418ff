package peers;

import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.TopologyConfig;
import org.apache.kafka.streams.state.BuiltInDslStoreSuppliers;

/** The four jobs in Kafka Streams, with one stream thread, until it is ended. */
public final class Streams {
  public static void main(String[] args) throws Exception {
    Properties properties = properties();
    StreamsBuilder builder =
        new StreamsBuilder(new TopologyConfig(new StreamsConfig(properties)));
    new Jobs(builder, setting("OUT_TOPIC", "out"))
        .define(
            setting("JOB", "j1"),
            setting("BID_TOPIC", "bid"),
            setting("AUCTION_TOPIC", "auction"));
    KafkaStreams app = new KafkaStreams(builder.build(properties), properties);
    CountDownLatch done = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  app.close(Duration.ofSeconds(5));
                  done.countDown();
                }));
    app.start();
    done.await();
  }

  private static Properties properties() {
    Properties p = new Properties();
    p.put(StreamsConfig.APPLICATION_ID_CONFIG, setting("GROUP", "peer"));
    p.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, setting("BOOTSTRAP", ""));
    p.put(StreamsConfig.STATE_DIR_CONFIG, setting("STATE_DIR", "state"));
    p.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
    p.put(
        StreamsConfig.PROCESSING_GUARANTEE_CONFIG,
        setting("GUARANTEE", StreamsConfig.AT_LEAST_ONCE));
    p.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 1000);
    // Without a cache each count comes out, which J4 asks for.
    p.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 0);
    p.put(StreamsConfig.MAX_TASK_IDLE_MS_CONFIG, 1000);
    p.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
    p.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
    p.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), 20);
    p.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), 524_288);
    p.put(StreamsConfig.producerPrefix(ProducerConfig.BUFFER_MEMORY_CONFIG), 134_217_728L);
    if (setting("STORE", "rocksdb").equals("in_memory"))
      p.put(
          StreamsConfig.DSL_STORE_SUPPLIERS_CLASS_CONFIG,
          BuiltInDslStoreSuppliers.InMemoryDslStoreSuppliers.class);
    return p;
  }

  private static String setting(String name, String otherwise) {
    String value = System.getenv(name);
    return value == null || value.isEmpty() ? otherwise : value;
  }

  private Streams() {}
}
