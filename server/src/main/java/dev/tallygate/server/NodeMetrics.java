package dev.tallygate.server;

import com.sun.net.httpserver.HttpHandler;
import dev.tallygate.server.config.HostPort;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.LongHistogram;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.api.metrics.ObservableLongMeasurement;
import io.opentelemetry.exporter.prometheus.PrometheusHttpServer;
import io.opentelemetry.sdk.common.export.MemoryMode;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;

/**
 * The instruments of a node and the HTTP listener that shows them. Names are {@code tallygate.*},
 * in Prometheus with underscores. What is read from elsewhere is read when somebody asks.
 */
final class NodeMetrics implements AutoCloseable {
  private static final int HTTP_THREADS = 2;
  private static final int HTTP_QUEUE = 16;

  private static final List<Double> APPLY_SECONDS =
      List.of(0.00001, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 1.0);
  private static final List<Double> PAUSE_SECONDS =
      List.of(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0);
  private static final List<Long> BATCH_COMMANDS =
      List.of(0L, 1L, 2L, 4L, 8L, 16L, 32L, 64L, 128L, 256L, 512L, 1_024L);

  private final SdkMeterProvider provider;
  private final ThreadPoolExecutor httpThreads;
  private final Meter meter;
  private final CallMeters calls = new CallMeters();
  private final DoubleHistogram apply;
  private final DoubleHistogram snapshotPause;
  private final LongHistogram batch;

  /**
   * Begins to listen.
   *
   * @param otherPaths answers every path but {@code /metrics}
   * @throws RuntimeException if the address is in use
   */
  NodeMetrics(HostPort address, HttpHandler otherPaths) {
    httpThreads =
        new ThreadPoolExecutor(
            HTTP_THREADS,
            HTTP_THREADS,
            1,
            TimeUnit.MINUTES,
            new ArrayBlockingQueue<>(HTTP_QUEUE),
            NodeMetrics::thread,
            new ThreadPoolExecutor.AbortPolicy());
    httpThreads.allowCoreThreadTimeOut(true);
    provider =
        SdkMeterProvider.builder()
            .registerMetricProducer(calls)
            .registerMetricReader(
                PrometheusHttpServer.builder()
                    .setHost(address.host())
                    .setPort(address.port())
                    .setExecutor(httpThreads)
                    // Two may ask at once; what is reused would then be mixed up.
                    .setMemoryMode(MemoryMode.IMMUTABLE_DATA)
                    .setDefaultHandler(otherPaths)
                    .setOtelScopeLabelsEnabled(false)
                    .setTargetInfoMetricEnabled(false)
                    .build())
            .build();
    meter = provider.get("tallygate");
    apply = histogram("tallygate.apply.duration", "Time to apply one entry", APPLY_SECONDS);
    snapshotPause =
        histogram(
            "tallygate.snapshot.pause", "Time that apply waits for a snapshot", PAUSE_SECONDS);
    batch =
        meter
            .histogramBuilder("tallygate.batch.commands")
            .ofLongs()
            .setDescription("Commands in the entries that this node proposed")
            .setExplicitBucketBoundariesAdvice(BATCH_COMMANDS)
            .build();
  }

  private static Thread thread(Runnable task) {
    Thread made = new Thread(task, "http");
    made.setDaemon(true);
    return made;
  }

  private DoubleHistogram histogram(String name, String description, List<Double> seconds) {
    return meter
        .histogramBuilder(name)
        .setDescription(description)
        .setUnit("s")
        .setExplicitBucketBoundariesAdvice(seconds)
        .build();
  }

  CallMeters calls() {
    return calls;
  }

  void applied(long ns) {
    apply.record(ns / 1e9);
  }

  void snapshotPaused(long ns) {
    snapshotPause.record(ns / 1e9);
  }

  void batchClosed(int commands) {
    batch.record(commands);
  }

  void gauge(String name, String description, LongSupplier value) {
    var unused =
        meter
            .gaugeBuilder(name)
            .ofLongs()
            .setDescription(description)
            .buildWithCallback(to -> to.record(value.getAsLong()));
  }

  void gauge(String name, String description, String unit, DoubleSupplier value) {
    var unused =
        meter
            .gaugeBuilder(name)
            .setDescription(description)
            .setUnit(unit)
            .buildWithCallback(to -> to.record(value.getAsDouble()));
  }

  void gauges(String name, String description, Consumer<ObservableLongMeasurement> values) {
    var unused =
        meter
            .gaugeBuilder(name)
            .ofLongs()
            .setDescription(description)
            .buildWithCallback(values::accept);
  }

  void counter(String name, String description, Consumer<ObservableLongMeasurement> values) {
    var unused =
        meter.counterBuilder(name).setDescription(description).buildWithCallback(values::accept);
  }

  /** Labels in pairs of name and value. */
  static Attributes labels(String... pairs) {
    var labels = Attributes.builder();
    for (int i = 0; i < pairs.length; i += 2) {
      labels.put(AttributeKey.stringKey(pairs[i]), pairs[i + 1]);
    }
    return labels.build();
  }

  @Override
  public void close() {
    provider.close();
    httpThreads.shutdownNow();
  }
}
