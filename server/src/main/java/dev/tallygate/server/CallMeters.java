package dev.tallygate.server;

import io.grpc.Status;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.DoubleHistogram;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Rate and latency of calls by method and status code. Attributes are made once for each pair; a
 * record costs no allocation of ours.
 */
final class CallMeters {
  private static final AttributeKey<String> METHOD = AttributeKey.stringKey("method");
  private static final AttributeKey<String> CODE = AttributeKey.stringKey("code");

  /**
   * From 100 us to 10 s; the lower ones where the time is spent, the upper ones where it is lost.
   */
  private static final List<Double> SECONDS =
      List.of(
          0.0001, 0.00025, 0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.025, 0.05,
          0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0);

  private static final int METHODS_MAX = 200;

  private final DoubleHistogram seconds;
  private final Map<String, Meter> meters = new ConcurrentHashMap<>();
  private final Meter others;

  CallMeters(io.opentelemetry.api.metrics.Meter meter) {
    seconds =
        meter
            .histogramBuilder("tallygate.call.duration")
            .setDescription("Time from the headers of a call to its end, by method and status code")
            .setUnit("s")
            .setExplicitBucketBoundariesAdvice(SECONDS)
            .build();
    others = new Meter("other");
  }

  /** Names that nobody serves are a caller's invention: beyond a bound they share one meter. */
  Meter of(String method) {
    Meter meter = meters.get(method);
    if (meter != null) return meter;
    return meters.size() < METHODS_MAX ? meters.computeIfAbsent(method, Meter::new) : others;
  }

  /** One method. Any thread. */
  final class Meter {
    private final Map<Status.Code, Attributes> attributes = new EnumMap<>(Status.Code.class);

    private Meter(String method) {
      for (Status.Code code : Status.Code.values()) {
        attributes.put(code, Attributes.of(METHOD, method, CODE, code.name()));
      }
    }

    void ended(Status.Code code, long ns) {
      seconds.record(ns / 1e9, attributes.getOrDefault(code, Attributes.empty()));
    }
  }
}
