package dev.tallygate.loadtest.peer;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tallygate.loadtest.drive.LoadtestException;
import dev.tallygate.proto.v1.Role;
import dev.tallygate.proto.v1.StatusResponse;
import io.grpc.ChannelCredentials;
import io.grpc.InsecureChannelCredentials;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Our own three node processes, started and restarted by {@code tallygate cluster up} as a child
 * process, so that a run uses what an operator uses. Only processes that such a child named are
 * ever killed. Calls may come from several threads, starts and kills from one.
 */
public final class Cluster implements Peer {
  /** A node that was away replays its log first, and may share its cores with others. */
  private static final Duration FIT_MAX = Duration.ofMinutes(3);

  private static final Duration COMMAND_MAX = FIT_MAX.plusSeconds(30);
  private static final Duration STOP_MAX = Duration.ofSeconds(10);
  private static final Duration ELECTION_MAX = Duration.ofSeconds(60);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path directory;
  private final Path log;
  private final int size;
  private final boolean tls;
  private final List<String> settings;
  private final Map<String, ProcessHandle> processes = new ConcurrentHashMap<>();
  private final Map<String, Admin> admins = new ConcurrentHashMap<>();
  private volatile List<ClusterNode> nodes = List.of();
  private volatile ChannelCredentials credentials = InsecureChannelCredentials.create();

  private Cluster(Path directory, Path log, int size, boolean tls, List<String> settings) {
    this.directory = directory;
    this.log = log;
    this.size = size;
    this.tls = tls;
    this.settings = settings;
  }

  @JsonIgnoreProperties(ignoreUnknown = true)
  private record Answer(String cluster, @Nullable Files tls, List<ClusterNode> nodes) {}

  /** What a caller needs of a cluster with TLS. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  private record Files(File ca, File certificate, File key) {
    ChannelCredentials credentials() {
      try {
        return TlsChannelCredentials.newBuilder()
            .trustManager(ca)
            .keyManager(certificate, key)
            .build();
      } catch (IOException e) {
        throw new LoadtestException("cannot read the certificates of `cluster up --tls`", e);
      }
    }
  }

  /** As below, without TLS. */
  public static Cluster start(Path work, int size, List<String> settings)
      throws InterruptedException {
    return start(work, size, false, settings);
  }

  /**
   * Starts a new cluster in a new folder and waits for its leader.
   *
   * @param work an existing folder; the cluster's own one is made inside it
   * @param tls whether callers and nodes speak TLS, with certificates on both ends
   * @param settings {@code key=value} for each node's configuration
   */
  public static Cluster start(Path work, int size, boolean tls, List<String> settings)
      throws InterruptedException {
    Path directory = work.resolve("cluster");
    if (directory.toFile().exists()) {
      throw new LoadtestException("`" + directory + "` exists: a run starts its own new cluster");
    }
    Cluster cluster = new Cluster(directory, work.resolve("cluster-up.log"), size, tls, settings);
    try {
      cluster.up();
      cluster.leader();
      return cluster;
    } catch (RuntimeException | InterruptedException e) {
      cluster.close();
      throw e;
    }
  }

  /** Starts every node that does not run. */
  public void up() throws InterruptedException {
    List<String> arguments =
        new ArrayList<>(List.of("cluster", "up", "--dir", directory.toString()));
    arguments.addAll(List.of("--nodes", Integer.toString(size), "--json"));
    arguments.addAll(List.of("--timeout-ms", Long.toString(FIT_MAX.toMillis())));
    if (tls) arguments.add("--tls");
    for (String setting : settings) arguments.addAll(List.of("--set", setting));
    try {
      Answer answer = parse(launch(arguments));
      if (answer.tls() != null) credentials = answer.tls().credentials();
      nodes = List.copyOf(answer.nodes());
    } catch (LoadtestException e) {
      // It may have started nodes that it did not name.
      stopWhatRuns(e);
      throw e;
    }
    nodes.forEach(this::adopt);
  }

  private void stopWhatRuns(LoadtestException cause) throws InterruptedException {
    if (!directory.toFile().exists()) return;
    String stopMs = Long.toString(STOP_MAX.toMillis());
    try {
      launch(List.of("cluster", "down", "--dir", directory.toString(), "--timeout-ms", stopMs));
    } catch (LoadtestException e) {
      cause.addSuppressed(e);
    }
  }

  private void adopt(ClusterNode node) {
    ProcessHandle known = processes.get(node.id());
    if (known != null && known.pid() == node.pid() && known.isAlive()) return;
    ProcessHandle handle =
        ProcessHandle.of(node.pid())
            .orElseThrow(
                () -> new LoadtestException("node " + node.id() + " ended at once; see " + log));
    ChildProcesses.adopt(handle);
    processes.put(node.id(), handle);
  }

  public List<ClusterNode> nodes() {
    return nodes;
  }

  public ClusterNode node(String id) {
    return nodes.stream().filter(node -> node.id().equals(id)).findFirst().orElseThrow();
  }

  /** Whether the node's process runs. */
  public boolean isRunning(String id) {
    ProcessHandle process = processes.get(id);
    return process != null && process.isAlive();
  }

  /** SIGKILL. Returns once the process is gone. */
  public void kill(String id) throws InterruptedException {
    ProcessHandle process = processes.remove(id);
    if (process == null) throw new IllegalArgumentException("node `" + id + "` does not run");
    ChildProcesses.kill(process);
  }

  /** Calls on the node's admin listener. */
  public Admin admin(String id) {
    String address = node(id).admin();
    return admins.computeIfAbsent(address, each -> new Admin(each, credentials));
  }

  /** What a node says of itself, or nothing if it does not answer. */
  public Optional<StatusResponse> status(String id) {
    try {
      return Optional.of(admin(id).status());
    } catch (StatusRuntimeException e) {
      return Optional.empty();
    }
  }

  /** The leader now, if some node believes to be it. */
  public Optional<ClusterNode> findLeader() {
    ClusterNode leader = null;
    long term = -1;
    for (ClusterNode node : nodes) {
      Optional<StatusResponse> status = isRunning(node.id()) ? status(node.id()) : Optional.empty();
      if (status.isEmpty() || status.get().getRole() != Role.ROLE_LEADER) continue;
      if (status.get().getTerm() > term) {
        term = status.get().getTerm();
        leader = node;
      }
    }
    return Optional.ofNullable(leader);
  }

  public ClusterNode awaitLeader() throws InterruptedException {
    if (!Await.until(ELECTION_MAX, () -> findLeader().isPresent())) {
      throw new LoadtestException("no leader after " + ELECTION_MAX.toSeconds() + " s; see " + log);
    }
    return findLeader().orElseThrow(() -> new LoadtestException("the leader is gone again"));
  }

  @Override
  public String leader() throws InterruptedException {
    return awaitLeader().data();
  }

  @Override
  public ChannelCredentials credentials() {
    return credentials;
  }

  @Override
  public List<NodeFsyncs> fsyncs() {
    List<NodeFsyncs> all = new ArrayList<>();
    for (ClusterNode node : nodes) {
      status(node.id())
          .map(
              s ->
                  new NodeFsyncs(
                      node.id(), "fsync " + (s.getFsync() ? "on" : "off"), s.getFsyncCount()))
          .ifPresent(all::add);
    }
    return all;
  }

  @Override
  public void close() {
    admins.values().forEach(Admin::close);
    processes.values().forEach(ChildProcesses::killQuietly);
    processes.clear();
  }

  private Answer parse(File output) {
    try {
      return JSON.readValue(output, Answer.class);
    } catch (IOException e) {
      throw new LoadtestException("`cluster up` printed no JSON; see " + log, e);
    }
  }

  // Its output goes through a file: nodes might inherit a pipe, and reading it to its end would
  // never end.
  private File launch(List<String> arguments) throws InterruptedException {
    File output = log.resolveSibling("cluster-up.json").toFile();
    List<String> command =
        JavaCommand.of(JavaCommand.LAUNCHER, JavaCommand.SHORT_OPTIONS, arguments);
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectOutput(output)
              .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
              .start();
      if (!process.waitFor(COMMAND_MAX.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
        throw new LoadtestException("`cluster " + arguments.get(1) + "` does not end; see " + log);
      }
      if (process.exitValue() != 0) {
        throw new LoadtestException(
            "`cluster "
                + arguments.get(1)
                + "` failed with exit code "
                + process.exitValue()
                + "; see "
                + log);
      }
      return output;
    } catch (IOException e) {
      throw new LoadtestException("cannot start `tallygate`: " + e.getMessage(), e);
    }
  }
}
