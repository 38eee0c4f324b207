package dev.tallygate.raft;

import static dev.tallygate.raft.Eventually.eventually;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.ratis.util.ExitUtils;
import org.jspecify.annotations.Nullable;

/**
 * Real nodes in this JVM with real gRPC between them, each link through a {@link LinkProxy}. Waits
 * are bounded; nodes are named n0, n1, and so on.
 */
final class RaftCluster implements AutoCloseable {
  /** Begins somewhere else in each process, so that two runs do not meet. */
  private static final AtomicInteger nextPort =
      new AtomicInteger(20_000 + new SplittableRandom().nextInt(8_000));

  static final Duration PATIENCE = Duration.ofSeconds(30);

  /** One node, and what stays of it between its lives. */
  @SuppressWarnings("NullAway.Init") // a node is there from the first start on
  final class Member {
    final String id;
    final int port;
    final Path dir;
    ListReplica replica = new ListReplica();
    RaftNode node;
    volatile @Nullable String halted;
    private ExecutorService proposer;

    private Member(int i, int port) {
      id = "n" + i;
      this.port = port;
      dir = root.resolve(id);
    }

    /** Starts with the replica it has: new for a node whose tables were lost. */
    Member start() throws IOException {
      halted = null;
      proposer = Executors.newSingleThreadExecutor(r -> new Thread(r, id + "-proposer"));
      RaftNodeConfig config =
          RaftNodeConfig.of(
              id,
              clusterId,
              peersSeenFrom(this),
              dir,
              b -> {
                b.electionTimeoutMinMs = 500;
                b.electionTimeoutMaxMs = 1_000;
                b.noLeaderMs = 1_000;
                b.batchDeadlineMs = 3_000;
                b.queueWaitMs = 3_000;
                b.segmentBytesMax = 1 << 20;
                b.preallocatedBytes = 64 << 10;
                b.snapshotEntries = 0;
                b.snapshotLogBytes = 0;
                b.preservedEntries = 1;
                changes.accept(b);
              });
      node =
          new RaftNode(
              config,
              RaftNodeParts.of(
                  replica, new ListReplica.Writer(), proposer, (why, cause) -> halted = why));
      setUp.accept(this);
      try {
        node.start();
      } catch (IOException | RuntimeException e) {
        node.stop();
        proposer.shutdownNow();
        throw e;
      }
      return this;
    }

    void stop() {
      node.stop();
      proposer.shutdown();
    }

    /** Stops in good order and starts again with the tables it had. */
    void bounce() throws IOException {
      stop();
      start();
    }

    /**
     * Ends as by kill -9: what the directory held at this moment is what the next life finds, and
     * the tables are gone.
     */
    void crash() throws IOException {
      Path copy = root.resolve(id + ".crashed");
      copyTree(dir, copy);
      stop();
      deleteTree(dir);
      Files.move(copy, dir);
      replica = new ListReplica();
    }

    /** Proposes one command; fails with {@link Refused}. */
    CompletableFuture<Long> propose(long value) {
      CompletableFuture<Long> end = new CompletableFuture<>();
      node.propose(
          new Proposal() {
            private final byte[] command = ByteBuffer.allocate(8).putLong(value).array();

            @Override
            public byte[] command() {
              return command;
            }

            @Override
            public void applied(Object result) {
              end.complete((Long) result);
            }

            @Override
            public void failed(ProposalFailure failure) {
              end.completeExceptionally(new Refused(failure));
            }
          });
      return end;
    }

    Path logDir() {
      return dir.resolve("raft").resolve(clusterId.toString()).resolve("current");
    }

    Path snapshotDir() {
      return dir.resolve("raft").resolve(clusterId.toString()).resolve("sm");
    }

    @Override
    public String toString() {
      return id;
    }
  }

  /** How a proposal failed. */
  static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1;
    final ProposalFailure failure;

    Refused(ProposalFailure failure) {
      super(failure.name());
      this.failure = failure;
    }
  }

  final UUID clusterId = UUID.randomUUID();
  final List<Member> members = new ArrayList<>();
  private final Path root;
  private final Map<String, LinkProxy> links = new HashMap<>();
  private final Consumer<RaftNodeConfig.Builder> changes;

  /** Called with each member's node before it starts. */
  Consumer<Member> setUp = m -> {};

  RaftCluster(Path root, int size, Consumer<RaftNodeConfig.Builder> changes) throws IOException {
    ExitUtils.disableSystemExit();
    this.root = root;
    this.changes = changes;
    for (int i = 0; i < size; i++) {
      members.add(new Member(i, freePort()));
    }
    for (Member from : members) {
      for (Member to : members) {
        if (from != to) {
          links.put(from.id + to.id, new LinkProxy(to.port));
        }
      }
    }
  }

  static RaftCluster started(Path root, int size) throws IOException {
    return started(root, size, b -> {});
  }

  /**
   * A cluster of which every node holds an entry. Before that the others cannot elect a leader if
   * theirs is lost: a vote does not count when the log of who gives it is empty.
   */
  static RaftCluster started(Path root, int size, Consumer<RaftNodeConfig.Builder> changes)
      throws IOException {
    RaftCluster cluster = new RaftCluster(root, size, changes).start();
    eventually(
        "entries on all nodes",
        PATIENCE,
        () -> cluster.members.stream().allMatch(m -> m.node.appliedIndex() >= 0) ? cluster : null);
    return cluster;
  }

  RaftCluster start() throws IOException {
    for (Member member : members) {
      member.start();
    }
    return this;
  }

  Member awaitLeader() {
    return awaitLeaderAmong(members);
  }

  Member awaitLeaderAmong(List<Member> candidates) {
    return eventually(
        "a leader among " + candidates,
        PATIENCE,
        () ->
            candidates.stream()
                .filter(m -> m.node.isLeaderReady())
                .max(Comparator.comparingLong(m -> m.node.term()))
                .orElse(null));
  }

  List<Member> othersThan(Member member) {
    return members.stream().filter(m -> m != member).toList();
  }

  LinkProxy link(Member from, Member to) {
    return Objects.requireNonNull(links.get(from.id + to.id));
  }

  /** Cuts all links of a node, in both directions. */
  void isolate(Member member) {
    for (Member other : othersThan(member)) {
      link(member, other).cut();
      link(other, member).cut();
    }
  }

  /** Lets packets of all links of a node vanish, in both directions. */
  void blackhole(Member member) {
    for (Member other : othersThan(member)) {
      link(member, other).stall(true, true);
      link(other, member).stall(true, true);
    }
  }

  void heal() {
    links.values().forEach(LinkProxy::heal);
  }

  /** Proposes at whoever leads until one command is applied; only for values proposed once. */
  long proposeSomewhere(long value) {
    return eventually(
        "command " + value + " applied",
        PATIENCE,
        () -> awaitLeader().propose(value).get(10, TimeUnit.SECONDS));
  }

  /** Waits until all given nodes have applied the same, and returns it. */
  List<Long> awaitEqual(List<Member> some) {
    return eventually(
        "equal lists on " + some,
        PATIENCE,
        () -> {
          List<Long> first = some.getFirst().replica.list();
          long index = some.getFirst().replica.appliedIndex();
          return some.stream()
                  .allMatch(
                      m ->
                          m.replica.appliedIndex() == index
                              // The node says so a moment after its replica holds it.
                              && m.node.appliedIndex() == index
                              && m.replica.list().equals(first))
              ? first
              : null;
        });
  }

  /** Stops all nodes at once, as when the power fails in good order. */
  void stopAll() {
    List<Thread> stops =
        members.stream()
            .filter(m -> m.node != null)
            .map(m -> Thread.ofVirtual().start(m::stop))
            .toList();
    for (Thread stop : stops) {
      try {
        stop.join(PATIENCE);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError(e);
      }
    }
  }

  private List<RaftNodeConfig.Peer> peersSeenFrom(Member self) {
    return members.stream()
        .map(
            m ->
                new RaftNodeConfig.Peer(
                    m.id, "127.0.0.1", m == self ? m.port : link(self, m).port()))
        .toList();
  }

  /** Below the ports of outgoing connections, which could take it before the node listens. */
  private static int freePort() throws IOException {
    for (int port = nextPort.getAndIncrement(); port < 32_000; port = nextPort.getAndIncrement()) {
      try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return socket.getLocalPort();
      } catch (BindException taken) {
        continue;
      }
    }
    throw new IOException("no free port below 32000");
  }

  /**
   * Copies what is there, also from under a node that goes on: what it deletes meanwhile is gone.
   */
  static void copyTree(Path from, Path to) throws IOException {
    Files.walkFileTree(
        from,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path path, BasicFileAttributes attributes)
              throws IOException {
            Files.createDirectories(to.resolve(from.relativize(path).toString()));
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path path, BasicFileAttributes attributes)
              throws IOException {
            try {
              Files.copy(path, to.resolve(from.relativize(path).toString()));
              return FileVisitResult.CONTINUE;
            } catch (NoSuchFileException e) {
              return visitFileFailed(path, e);
            }
          }

          @Override
          public FileVisitResult visitFileFailed(Path path, IOException e) throws IOException {
            if (e instanceof NoSuchFileException) return FileVisitResult.CONTINUE;
            throw e;
          }
        });
  }

  static void deleteTree(Path dir) throws IOException {
    if (!Files.exists(dir)) {
      return;
    }
    try (Stream<Path> walk = Files.walk(dir)) {
      for (Path path : walk.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    }
  }

  @Override
  public void close() throws IOException {
    heal();
    stopAll();
    for (LinkProxy link : links.values()) {
      link.close();
    }
  }
}
