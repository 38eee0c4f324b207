package dev.tallygate.server;

import dev.tallygate.raft.RaftNode;
import dev.tallygate.raft.state.View;
import dev.tallygate.server.config.NodeConfig;
import dev.tallygate.server.grpc.NodeFeature;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a node does without being asked: ticks and seeds where it leads; compares clocks, asks for
 * freshness, votes on the digest, fetches what its ledger lacks and looks at its health everywhere.
 * One thread, the ticker's.
 */
final class Duties implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Duties.class);
  private static final long SECOND_MS = 1_000;
  private static final long HEALTH_MS = 100;
  private static final long SWEEP_MS = 5;
  private static final long HAND_OVER_PAUSE_NS = 10_000_000_000L;

  private final NodeConfig config;
  private final TimeSource time;
  private final RaftNode raft;
  private final View view;
  private final ClusterClock clock;
  private final Freshness freshness;
  private final Seed seed;
  private final DigestVotes votes;
  private final Health health;
  private final LedgerSync ledgerSync;
  private final List<NodeFeature> features;
  private final Executor loop;
  private final PauseWatch pauses;
  private final Ticker ticker = new Ticker();
  private long handedOverNs;

  Duties(
      NodeConfig config,
      TimeSource time,
      RaftNode raft,
      View view,
      ClusterClock clock,
      Freshness freshness,
      Seed seed,
      DigestVotes votes,
      Health health,
      LedgerSync ledgerSync,
      List<NodeFeature> features,
      Executor loop) {
    this.config = config;
    this.time = time;
    this.raft = raft;
    this.view = view;
    this.clock = clock;
    this.freshness = freshness;
    this.seed = seed;
    this.votes = votes;
    this.health = health;
    this.ledgerSync = ledgerSync;
    this.features = features;
    this.loop = loop;
    pauses = new PauseWatch(time, freshness::noticePause);
    handedOverNs = time.monotonicNs() - HAND_OVER_PAUSE_NS;
  }

  void begin() {
    ticker.every(this::tickMs, raft::tick);
    ticker.every(() -> config.clock().askEveryMs(), this::compareClocks);
    ticker.every(() -> config.health().askEveryMs(), freshness::ask);
    ticker.every(() -> HEALTH_MS, this::look);
    ticker.every(() -> SECOND_MS, this::everySecond);
    ticker.soon(freshness::ask);
  }

  /** Any thread: the new leader may answer at once what the old one could not. */
  void leaderChanged() {
    ticker.soon(freshness::ask);
  }

  /** Any thread: until a median is confirmed in this term, the cluster's wall clock stands. */
  void leaderReady() {
    ticker.soon(
        () -> {
          clock.ask();
          raft.tick();
          seed();
          freshness.ask();
        });
  }

  private long tickMs() {
    // A sweep that stopped at its bound goes on at once: a mass expiry must not wait for ticks.
    if (view.sweepBehind() || view.endsBehind()) return SWEEP_MS;
    return Math.max(1, view.settings().tickUs() / 1_000);
  }

  private void look() {
    pauses.look(HEALTH_MS);
    seed();
    votes.run();
    health.update();
  }

  private void seed() {
    if (!seed.isDone() && raft.isLeaderReady()) seed.proposeWhatIsMissing();
  }

  private void everySecond() {
    ledgerSync.look();
    try {
      loop.execute(() -> features.forEach(NodeFeature::everySecond));
    } catch (RejectedExecutionException e) {
      LOG.debug("the loop has stopped", e);
    }
  }

  private void compareClocks() {
    clock.ask();
    long offsetMs = Math.abs(clock.offsetUs()) / 1_000;
    if (offsetMs <= config.clock().offsetMsMax() || !raft.isLeaderReady()) return;
    if (config.peers().size() < 2 || time.monotonicNs() - handedOverNs < HAND_OVER_PAUSE_NS) return;
    handedOverNs = time.monotonicNs();
    LOG.warn(
        "this leader's clock is {} ms off the median, more than clock.offset-ms-max `{}`: it hands"
            + " the lead over",
        offsetMs,
        config.clock().offsetMsMax());
    var unused =
        raft.transferLeadership(null)
            .exceptionally(
                failed -> {
                  LOG.warn("the lead could not be handed over: {}", failed.toString());
                  return null;
                });
  }

  @Override
  public void close() {
    ticker.close();
  }
}
