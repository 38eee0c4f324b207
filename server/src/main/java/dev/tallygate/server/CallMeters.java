package dev.tallygate.server;

import io.grpc.Status;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.sdk.common.Clock;
import io.opentelemetry.sdk.common.InstrumentationScopeInfo;
import io.opentelemetry.sdk.metrics.data.AggregationTemporality;
import io.opentelemetry.sdk.metrics.data.HistogramData;
import io.opentelemetry.sdk.metrics.data.HistogramPointData;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.metrics.data.MetricDataType;
import io.opentelemetry.sdk.metrics.export.MetricProducer;
import io.opentelemetry.sdk.resources.Resource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Rate and latency of calls by method and status code. Counted in plain numbers, which are made a
 * histogram when somebody asks for it: a record is two additions, where an instrument would look
 * its attributes up. Any thread.
 */
final class CallMeters implements MetricProducer {
  private static final AttributeKey<String> METHOD = AttributeKey.stringKey("method");
  private static final AttributeKey<String> CODE = AttributeKey.stringKey("code");
  private static final double NS_PER_S = 1e9;

  /**
   * From 100 us to 10 s; the lower ones where the time is spent, the upper ones where it is lost.
   * Each is the highest value of its bucket.
   */
  private static final List<Double> SECONDS =
      List.of(
          0.0001, 0.00025, 0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.025, 0.05,
          0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0);

  private static final long[] BOUNDS_NS =
      SECONDS.stream().mapToLong(seconds -> Math.round(seconds * NS_PER_S)).toArray();

  private static final int METHODS_MAX = 200;

  private final Clock clock = Clock.getDefault();
  private final long startedNs = clock.now();
  private final Map<String, Meter> meters = new ConcurrentHashMap<>();
  private final Meter others = new Meter("other");

  /** The meter of names that nobody serves. */
  Meter others() {
    return others;
  }

  /** Names that nobody serves are a caller's invention: beyond a bound they share one meter. */
  Meter of(String method) {
    Meter meter = meters.get(method);
    if (meter != null) return meter;
    return meters.size() < METHODS_MAX ? meters.computeIfAbsent(method, Meter::new) : others;
  }

  @Override
  public Collection<MetricData> produce(Resource resource) {
    long nowNs = clock.now();
    List<HistogramPointData> points = new ArrayList<>();
    for (Meter meter : meters.values()) meter.addTo(points, nowNs);
    others.addTo(points, nowNs);
    return List.of(
        new CallDuration(
            resource, HistogramData.create(AggregationTemporality.CUMULATIVE, points)));
  }

  /** One method. Any thread. */
  final class Meter {
    private final String method;
    private final AtomicReferenceArray<@Nullable Durations> byCode =
        new AtomicReferenceArray<>(Status.Code.values().length);

    private Meter(String method) {
      this.method = method;
    }

    void ended(Status.Code code, long ns) {
      Durations durations = byCode.get(code.ordinal());
      if (durations == null) durations = made(code);
      durations.add(ns);
    }

    private Durations made(Status.Code code) {
      Durations fresh = new Durations(Attributes.of(METHOD, method, CODE, code.name()));
      Durations earlier = byCode.compareAndExchange(code.ordinal(), null, fresh);
      return earlier == null ? fresh : earlier;
    }

    private void addTo(List<HistogramPointData> points, long nowNs) {
      for (int code = 0; code < byCode.length(); code++) {
        Durations durations = byCode.get(code);
        if (durations != null) points.add(durations.point(startedNs, nowNs));
      }
    }
  }

  /** How long the calls of one method that ended with one code took. */
  private static final class Durations {
    private final Attributes attributes;
    private final AtomicLongArray counts = new AtomicLongArray(BOUNDS_NS.length + 1);
    private final LongAdder sumNs = new LongAdder();

    Durations(Attributes attributes) {
      this.attributes = attributes;
    }

    void add(long ns) {
      int bucket = 0;
      while (bucket < BOUNDS_NS.length && ns > BOUNDS_NS[bucket]) bucket++;
      counts.incrementAndGet(bucket);
      sumNs.add(ns);
    }

    HistogramPointData point(long startedNs, long nowNs) {
      List<Long> buckets = new ArrayList<>(counts.length());
      for (int bucket = 0; bucket < counts.length(); bucket++) buckets.add(counts.get(bucket));
      return HistogramPointData.create(
          startedNs,
          nowNs,
          attributes,
          sumNs.sum() / NS_PER_S,
          /* hasMin= */ false,
          /* min= */ 0,
          /* hasMax= */ false,
          /* max= */ 0,
          SECONDS,
          buckets);
    }
  }

  /** The metric that is shown. */
  private record CallDuration(Resource resource, HistogramData data) implements MetricData {
    private static final InstrumentationScopeInfo SCOPE =
        InstrumentationScopeInfo.create("tallygate");

    @Override
    public Resource getResource() {
      return resource;
    }

    @Override
    public InstrumentationScopeInfo getInstrumentationScopeInfo() {
      return SCOPE;
    }

    @Override
    public String getName() {
      return "tallygate.call.duration";
    }

    @Override
    public String getDescription() {
      return "Time from the headers of a call to its end, by method and status code";
    }

    @Override
    public String getUnit() {
      return "s";
    }

    @Override
    public MetricDataType getType() {
      return MetricDataType.HISTOGRAM;
    }

    @Override
    public HistogramData getData() {
      return data;
    }
  }
}
