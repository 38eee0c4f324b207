package dev.tallygate.loadtest.drive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class SeriesTest {
  @Test
  void rate_countedOverTime() {
    assertThat(slice(2_000_000_000L, 1_000, 5).rate()).isEqualTo(500);
  }

  @Test
  void figures_oneBadSlice_medianUnmoved() {
    Series series = new Series();
    series.add(slice(1_000_000_000L, 1_000, 100));
    series.add(slice(1_000_000_000L, 10, 90_000));
    series.add(slice(1_000_000_000L, 1_100, 110));

    assertThat(series.rate()).isEqualTo(1_000);
    assertThat(series.latencyUs(50)).isCloseTo(110, within(0.2));
    assertThat(series.counted()).isEqualTo(2_110);
    assertThat(series.latencyNs().getTotalCount()).isEqualTo(2_110);
  }

  @Test
  void median_evenCount_meanOfTheMiddle() {
    assertThat(Series.median(new double[] {4, 1, 3, 2})).isEqualTo(2.5);
    assertThat(Series.median(new double[] {7})).isEqualTo(7);
    assertThat(Series.median(new double[0])).isNaN();
  }

  @Test
  void percentiles_ofKnownValues() {
    Histogram histogram = ClosedLoop.newHistogram();
    for (int us = 1; us <= 100; us++) histogram.recordValue(us * 1_000L);
    Slice slice = new Slice(1, 100, histogram, Map.of());

    assertThat(slice.latencyUs(50)).isCloseTo(50, within(0.1));
    assertThat(slice.latencyUs(99)).isCloseTo(99, within(0.1));
  }

  @Test
  void others_summedByName() {
    Series series = new Series();
    series.add(new Slice(1, 0, ClosedLoop.newHistogram(), Map.of("UNAVAILABLE", 2L)));
    series.add(new Slice(1, 0, ClosedLoop.newHistogram(), Map.of("UNAVAILABLE", 3L, "ended", 1L)));

    assertThat(series.others()).isEqualTo(Map.of("UNAVAILABLE", 5L, "ended", 1L));
  }

  private static Slice slice(long elapsedNs, int counted, long latencyUs) {
    Histogram histogram = ClosedLoop.newHistogram();
    histogram.recordValueWithCount(latencyUs * 1_000, counted);
    return new Slice(elapsedNs, counted, histogram, Map.of());
  }
}
