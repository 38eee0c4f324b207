package dev.tallygate.server;

import dev.tallygate.raft.Halt;
import dev.tallygate.raft.RaftListener;
import dev.tallygate.raft.RaftNode;
import dev.tallygate.raft.RaftNodeParts;
import dev.tallygate.raft.state.Core;
import dev.tallygate.raft.state.View;
import dev.tallygate.raft.store.StateReplica;
import dev.tallygate.server.config.NodeConfig;
import dev.tallygate.server.grpc.Answer;
import dev.tallygate.server.grpc.CallCounts;
import dev.tallygate.server.grpc.Consensus;
import dev.tallygate.server.grpc.LeaderHints;
import dev.tallygate.server.grpc.NodeContext;
import dev.tallygate.server.grpc.NodeFeature;
import dev.tallygate.server.trace.Traces;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.protobuf.services.ChannelzService;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One node of the decision point: storage, consensus, services and listeners, wired together. The
 * only door to a running node. Made by {@link #start}; lives until {@link #stop} or a halt.
 */
public final class PdpServer {
  private static final Logger LOG = LoggerFactory.getLogger(PdpServer.class);
  private static final int CHANNELZ_PAGE = 100;

  private final NodeConfig config;
  private final Halt halt;
  private final EventLoopGroup dataLoops;
  private final EventLoopGroup adminLoops;
  private final AtomicReference<Health> healthPage = new AtomicReference<>();
  private final NodeMetrics metrics;
  private final @Nullable Traces traces;
  private final RaftNode raft;
  private final Health health;
  private final Duties duties;
  private final LedgerSync ledgerSync;
  private final List<NodeFeature> features;
  private final GrpcListener data;
  private final GrpcListener admin;
  private boolean stopped;

  private PdpServer(NodeConfig config, Halt halt, TimeSource time) throws IOException {
    this.config = config;
    this.halt = halt;
    Divergence divergence = new Divergence(config);
    divergence.mend();
    dataLoops = EventLoops.make("data", config.limits().eventLoops());
    adminLoops = EventLoops.make("admin", 1);
    metrics = new NodeMetrics(config.listeners().http().address(), new HealthPage(this::unfit));
    traces = Traces.of(config.traces(), config.nodeId(), Version.text());
    StateReplica replica = new StateReplica(Storage.of(config), Answer::of, halt);
    Core core = replica.core();
    View view = core.view();
    core.onAlarm(message -> LOG.error("alarm: {}", message));

    // Consensus is made of parts that ask consensus: what they are given is set before it starts.
    Late late = new Late();
    Consensus consensus = late;
    ClusterClock clock = new ClusterClock(consensus, time, config.clock(), others(config));
    EventLoopGroup loop = dataLoops;
    var proposer = loop.next();
    raft =
        new RaftNode(
            config.raft(),
            new RaftNodeParts(
                new MeteredReplica(replica, metrics::applied, metrics::snapshotPaused),
                new StampedEntries(view, clock, time, metrics::batchClosed),
                proposer,
                halt,
                new Lead(),
                view::agreedIndex));
    late.set(raft);

    LeaderHints leaders = new LeaderHints(raft::leaderId, dataAddresses(config));
    CallCounts counts = new CallCounts();
    features =
        Features.of(
            new NodeContext(
                config.nodeId(),
                config.clusterId(),
                consensus,
                view,
                halt,
                proposer,
                clock,
                leaders,
                Storage.limits(config),
                counts,
                traces),
            replica.ledger());
    ledgerSync = new LedgerSync(replica.ledger(), consensus, others(config));
    ledgerSync.answerQuestions();
    Freshness freshness = new Freshness(consensus, time);
    OwnCommands commands = new OwnCommands(consensus);
    Seed seed = new Seed(view, commands, config);
    health =
        new Health(
            consensus,
            view,
            replica::isWhole,
            seed::isDone,
            freshness,
            config.health().stalenessMsMax(),
            serviceNames());
    healthPage.set(health);
    DigestVotes votes =
        new DigestVotes(
            config.nodeId(), view, core::digestAt, consensus, commands, new Lost(divergence));
    duties =
        new Duties(
            config,
            time,
            raft,
            view,
            clock,
            freshness,
            seed,
            votes,
            health,
            ledgerSync,
            features,
            proposer);
    clock.answerQuestions();
    votes.takeVotes();

    RatisFsync fsync = new RatisFsync(config.nodeId());
    CallGate dataGate = new CallGate(config.limits(), metrics.calls());
    CallGate adminGate = new CallGate(config.limits(), metrics.calls());
    Gauges gauges = new Gauges(metrics);
    gauges.ofConsensus(raft, fsync);
    gauges.ofState(view, config.metrics().poolsMax());
    gauges.ofProcess(freshness, clock, dataGate, adminGate);
    gauges.ofAnswers(counts);
    ClusterService cluster =
        new ClusterService(config, raft, view, core::digestAt, freshness, fsync, leaders);
    data =
        new GrpcListener(
            config.listeners().data(),
            config.limits(),
            config.limits().messageBytesMax(),
            dataLoops,
            dataGate,
            services(NodeFeature::dataServices),
            List.of(health.service()));
    admin =
        new GrpcListener(
            config.listeners().admin(),
            config.limits(),
            config.limits().adminMessageBytesMax(),
            adminLoops,
            adminGate,
            services(NodeFeature::adminServices),
            List.of(
                cluster,
                health.service(),
                ProtoReflectionServiceV1.newInstance(),
                ChannelzService.newInstance(CHANNELZ_PAGE)));
  }

  /**
   * Opens the storage, joins the cluster and begins to listen. Returns when all of that is done,
   * not when the node is fit: health says when.
   *
   * @param halt what ends the process; called on any thread
   * @throws dev.tallygate.raft.StorageRefusal if starting on this storage could lose or double a
   *     grant
   * @throws IOException if a file or an address cannot be opened
   */
  public static PdpServer start(NodeConfig config, Halt halt) throws IOException {
    return start(config, halt, TimeSource.system());
  }

  static PdpServer start(NodeConfig config, Halt halt, TimeSource time) throws IOException {
    PdpServer server = new PdpServer(config, halt, time);
    try {
      server.raft.start();
      server.duties.begin();
      server.admin.start();
      server.data.start();
    } catch (IOException | RuntimeException e) {
      server.stop();
      throw e;
    }
    LOG.info(
        "node {} listens: data {}, admin {}, peers {}, http {}",
        config.nodeId(),
        config.listeners().data().address(),
        config.listeners().admin().address(),
        config.listeners().peer().address(),
        config.listeners().http().address());
    return server;
  }

  /** Whether this node is fit to be asked, as its health service says. */
  public boolean isServing() {
    return health.isServing();
  }

  /**
   * Stops in good order: not serving, drained, the lead handed over, the tables closed with the
   * marker of a clean stop. Takes no longer than the configuration says; then the process halts.
   * Further calls return at once.
   */
  public synchronized void stop() {
    if (stopped) return;
    stopped = true;
    Thread watch = watchStop();
    LOG.info("node {} stops", config.nodeId());
    health.stop();
    features.forEach(NodeFeature::drain);
    data.drain();
    admin.drain();
    try {
      data.close(config.health().drainMs());
      admin.close(config.health().drainMs());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    duties.close();
    ledgerSync.close();
    raft.stop();
    metrics.close();
    if (traces != null) traces.close();
    dataLoops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2_000);
    adminLoops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2_000);
    watch.interrupt();
    LOG.info("node {} has stopped", config.nodeId());
  }

  private Thread watchStop() {
    int stopMsMax = config.health().stopMsMax();
    Thread watch =
        new Thread(
            () -> {
              try {
                Thread.sleep(stopMsMax);
                LOG.error("the stop took longer than health.stop-ms-max `{}`", stopMsMax);
                Runtime.getRuntime().halt(ExitCode.STOP_TIMEOUT.number());
              } catch (InterruptedException e) {
                // The stop was in time.
                Thread.currentThread().interrupt();
              }
            },
            "stop-watch");
    watch.setDaemon(true);
    watch.start();
    return watch;
  }

  private String unfit() {
    Health known = healthPage.get();
    return known == null ? "opens its storage" : known.reason();
  }

  private List<ServerServiceDefinition> services(
      java.util.function.Function<NodeFeature, List<ServerServiceDefinition>> listener) {
    List<ServerServiceDefinition> services = new ArrayList<>();
    features.forEach(feature -> services.addAll(listener.apply(feature)));
    return services;
  }

  private List<String> serviceNames() {
    return services(NodeFeature::dataServices).stream()
        .map(service -> service.getServiceDescriptor().getName())
        .distinct()
        .toList();
  }

  private static List<String> others(NodeConfig config) {
    return config.peers().stream()
        .map(peer -> peer.id())
        .filter(id -> !id.equals(config.nodeId()))
        .toList();
  }

  private static Map<String, String> dataAddresses(NodeConfig config) {
    Map<String, String> addresses = new LinkedHashMap<>();
    config.peers().forEach(peer -> addresses.put(peer.id(), peer.data().toString()));
    return addresses;
  }

  /** Hears of the lead; on threads of consensus. */
  private final class Lead implements RaftListener {
    private @Nullable String seen;

    @Override
    public synchronized void leaderChanged(@Nullable String leaderId, long term) {
      if (!java.util.Objects.equals(seen, leaderId)) {
        LOG.info("the leader of term {} is {}", term, leaderId == null ? "unknown" : leaderId);
        seen = leaderId;
      }
      duties.leaderChanged();
    }

    @Override
    public void leaderReady(long term) {
      duties.leaderReady();
    }

    @Override
    public void noLeader(long term) {
      LOG.warn("no leader is known in term {}", term);
    }

    @Override
    public void snapshotInstalled(long term, long index) {
      LOG.info("installed a snapshot of index {} and term {}", index, term);
    }
  }

  /** A majority named another digest: this node's state is wrong, and nobody knows since when. */
  private final class Lost implements DigestVotes.Loser {
    private final Divergence divergence;

    Lost(Divergence divergence) {
      this.divergence = divergence;
    }

    @Override
    public void lost(long index, long own, long agreed, long matchedIndex) {
      String why =
          String.format(
              java.util.Locale.ROOT,
              "the digest at index %d is %016x here and %016x on a majority",
              index,
              own,
              agreed);
      try {
        divergence.note(matchedIndex);
        halt.halt(why, null);
      } catch (IOException e) {
        halt.halt(why + ", and the note of it could not be written", e);
      }
    }
  }
}
