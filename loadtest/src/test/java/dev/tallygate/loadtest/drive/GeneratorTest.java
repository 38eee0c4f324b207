package dev.tallygate.loadtest.drive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tallygate.loadtest.FakeLicensing;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class GeneratorTest {
  private static final byte[][] TAILS = {AllocateTemplate.tail("cad", "u1", "a1", "")};

  @Test
  void grants_eachUnderItsOwnId_allCounted() throws Exception {
    try (FakeLicensing service = new FakeLicensing(Long.MAX_VALUE);
        Generator generator = new Generator(1);
        Generator.Line line =
            generator.line(service.address(), AllocateWorkload.grants(TAILS), 4, 8)) {
      Slice many = Slices.counted(() -> line.runMany(Duration.ofMillis(200)));
      Slice one = Slices.counted(() -> line.runOne(Duration.ofMillis(200)));

      assertThat(service.ids()).isEqualTo(service.calls());
      assertThat(many.counted() + one.counted()).isLessThanOrEqualTo(service.granted());
      assertThat(many.latencyNs().getTotalCount()).isEqualTo(many.counted());
      assertThat(many.others()).isEmpty();
      assertThat(one.others()).isEmpty();
    }
  }

  @Test
  void limitReached_refusalsNotCountedAsGrants() throws Exception {
    try (FakeLicensing service = new FakeLicensing(5);
        Generator generator = new Generator(1);
        Generator.Line line =
            generator.line(service.address(), AllocateWorkload.grants(TAILS), 1, 4)) {
      Slice slice =
          Slices.until(
              each -> !each.others().isEmpty(), () -> line.runMany(Duration.ofMillis(200)));

      assertThat(service.granted()).isEqualTo(5);
      assertThat(slice.counted()).isLessThanOrEqualTo(5);
      assertThat(slice.others()).containsOnlyKeys("refused EXHAUSTED");
    }
  }

  @Test
  void someCallsFail_loopGoesOnAndNamesThem() throws Exception {
    try (FakeLicensing service = new FakeLicensing(Long.MAX_VALUE);
        Generator generator = new Generator(1);
        Generator.Line line =
            generator.line(service.address(), AllocateWorkload.grants(TAILS), 2, 8)) {
      service.failEvery(50);

      Slice slice =
          Slices.until(
              each -> each.counted() > 0 && !each.others().isEmpty(),
              () -> line.runMany(Duration.ofMillis(200)));

      assertThat(slice.others()).containsOnlyKeys("UNAVAILABLE");
    }
  }

  // Calls on a dead connection fail while they are started. A loop that answers a failure by the
  // next call at once would
  // end in a StackOverflowError, or hang.
  @Test
  void serverDies_sliceEndsInTime() throws Exception {
    try (FakeLicensing service = new FakeLicensing(Long.MAX_VALUE);
        Generator generator = new Generator(1);
        Generator.Line line =
            generator.line(service.address(), AllocateWorkload.grants(TAILS), 4, 32)) {
      Slices.counted(() -> line.runMany(Duration.ofMillis(200)));
      CompletableFuture<Void> stop =
          CompletableFuture.runAsync(
              service::stop, CompletableFuture.delayedExecutor(100, TimeUnit.MILLISECONDS));

      Slice slice =
          Slices.until(
              each -> !each.others().isEmpty(), () -> line.runMany(Duration.ofMillis(200)));

      stop.get(5, TimeUnit.SECONDS);
      // What the server had begun when it stopped ends as CANCELLED, what never reached it as
      // UNAVAILABLE.
      assertThat(slice.others().keySet()).isSubsetOf("UNAVAILABLE", "CANCELLED");
    }
  }

  @Test
  void nobodyListens_refusedWithTheAddress() {
    try (Generator generator = new Generator(1)) {
      assertThatThrownBy(() -> generator.line("127.0.0.1:1", new EchoWorkload(), 1, 1))
          .hasMessage("no connection to 127.0.0.1:1");
    }
  }
}
