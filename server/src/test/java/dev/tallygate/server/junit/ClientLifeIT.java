package dev.tallygate.server.junit;

import static dev.tallygate.server.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tallygate.client.Allocation;
import dev.tallygate.client.Ask;
import dev.tallygate.client.Lease;
import dev.tallygate.client.LeaseListener;
import dev.tallygate.client.Refusal;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Leases of clients that live and of clients that are killed, in real time. One seat, ttl 2 s. */
final class ClientLifeIT {
  private static final long TTL_MS = 2_000;
  private static final long GRACE_MS = 1_000;
  private static final long SLACK_MS = 1_000;
  private static final long WAIT_MS = 60_000;

  @RegisterExtension
  final TallygateExtension node =
      TallygateExtension.withCatalog(
          """
          apiVersion: tallygate.dev/v1
          kind: Entitlement
          metadata: {name: editor}
          spec: {model: concurrent-session, limit: 1, lease: {ttl: 2s, grace: 1s}}
          """);

  private static Ask seat(String user) {
    return Ask.of("editor").subject("user", user).session("laptop");
  }

  private Process holder(String user) throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "@" + System.getProperty("tallygate.home") + "/ops/config/jvm.options",
                "-cp",
                System.getProperty("java.class.path"),
                SeatHolder.class.getName(),
                node.target(),
                "editor",
                user,
                "laptop")
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    BufferedReader out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    assertThat(out.readLine()).isEqualTo(SeatHolder.HELD);
    return process;
  }

  private static void kill(Process process) throws Exception {
    process.destroyForcibly();
    assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void clientLives_itsLeaseOutlivesTtlAndGraceTwice_andIsNeverUnconfirmed() throws Exception {
    List<String> told = new CopyOnWriteArrayList<>();
    LeaseListener listener =
        new LeaseListener() {
          @Override
          public void lost(Lease lease, Allocation.NotHeld why) {
            told.add("lost: " + why);
          }
        };
    try (Lease lease = (Lease) node.tallygate().allocate(seat("alice"), listener)) {
      long startNs = System.nanoTime();
      eventually(
          "past ttl and grace, twice",
          WAIT_MS,
          () -> {
            assertThat(node.tallygate().allocate(seat("bob"))).isInstanceOf(Refusal.class);
            return msSince(startNs) > 2 * (TTL_MS + GRACE_MS);
          });
      assertThat(lease.isLive()).isTrue();
    }
    assertThat(told).isEmpty();
    try (Allocation bob = node.tallygate().allocate(seat("bob"))) {
      assertThat(bob.isLive()).isTrue();
    }
  }

  @Test
  void clientKilled_itsSeatIsFreeWithinTtlAndGrace() throws Exception {
    Process alice = holder("alice");
    assertThat(node.tallygate().allocate(seat("bob"))).isInstanceOf(Refusal.class);
    long killedNs = System.nanoTime();
    kill(alice);

    eventually(
        "the seat is free",
        WAIT_MS,
        () -> {
          try (Allocation bob = node.tallygate().allocate(seat("bob"))) {
            return bob.isLive();
          }
        });

    assertThat(msSince(killedNs)).isLessThanOrEqualTo(TTL_MS + GRACE_MS + SLACK_MS);
  }

  @Test
  void clientKilled_comesBackWithItsSession_resumesItsSeatAndTakesNoSecond() throws Exception {
    Process killed = holder("alice");
    kill(killed);

    try (Lease lease = (Lease) node.tallygate().allocate(seat("alice"))) {
      assertThat(lease.isResumed()).isTrue();
      assertThat(lease.free()).isZero();
      long startNs = System.nanoTime();
      eventually(
          "past the time of the killed one",
          WAIT_MS,
          () -> {
            assertThat(node.tallygate().allocate(seat("bob"))).isInstanceOf(Refusal.class);
            return msSince(startNs) > TTL_MS + GRACE_MS + SLACK_MS;
          });
      assertThat(lease.isLive()).isTrue();
    }
    try (Allocation bob = node.tallygate().allocate(seat("bob"))) {
      assertThat(bob.isLive()).isTrue();
    }
  }

  private static long msSince(long startNs) {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNs);
  }
}
