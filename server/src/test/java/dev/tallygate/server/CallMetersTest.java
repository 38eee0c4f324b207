package dev.tallygate.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.metrics.data.HistogramPointData;
import io.opentelemetry.sdk.resources.Resource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

final class CallMetersTest {
  private static final AttributeKey<String> METHOD = AttributeKey.stringKey("method");
  private static final AttributeKey<String> CODE = AttributeKey.stringKey("code");

  private final CallMeters meters = new CallMeters();

  // The highest value of a bucket belongs to it, and what is above all bounds has a bucket too.
  @Test
  void calls_countInTheirBucketByMethodAndCode() {
    CallMeters.Meter meter = meters.of("service/Method");
    meter.ended(Status.Code.OK, 100_000);
    meter.ended(Status.Code.OK, 100_001);
    meter.ended(Status.Code.OK, 20_000_000_000L);
    meter.ended(Status.Code.UNAVAILABLE, 1);

    HistogramPointData ok = point("service/Method OK");
    assertThat(ok.getBoundaries()).hasSize(19).isSorted();
    assertThat(ok.getCounts()).hasSize(20).startsWith(1L, 1L, 0L).endsWith(0L, 1L);
    assertThat(ok.getCount()).isEqualTo(3);
    assertThat(ok.getSum()).isEqualTo(20.000200001);
    assertThat(point("service/Method UNAVAILABLE").getCounts()).startsWith(1L, 0L);
  }

  @Test
  void namesBeyondTheBound_shareOneMeter() {
    for (int i = 0; i < 250; i++) meters.of("service/" + i).ended(Status.Code.UNIMPLEMENTED, 1);
    assertThat(points()).hasSize(201);
    assertThat(point("other UNIMPLEMENTED").getCount()).isEqualTo(50);
  }

  private HistogramPointData point(String methodAndCode) {
    return Objects.requireNonNull(points().get(methodAndCode), methodAndCode);
  }

  private Map<String, HistogramPointData> points() {
    List<HistogramPointData> points =
        meters.produce(Resource.empty()).stream()
            .flatMap(metric -> metric.getHistogramData().getPoints().stream())
            .toList();
    return points.stream()
        .collect(
            Collectors.toMap(
                point -> point.getAttributes().get(METHOD) + " " + point.getAttributes().get(CODE),
                Function.identity()));
  }
}
