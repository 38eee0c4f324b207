package dev.tallygate.server.cli;

import dev.tallygate.server.cli.ClusterFile.Member;
import dev.tallygate.server.config.ConfigException;
import dev.tallygate.server.config.ConfigReader;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * A cluster of node processes on this machine, kept in one folder: {@code cluster.json}, and a
 * folder for each node with its configuration, log, pid and storage. One command at a time works on
 * it, under a lock.
 */
final class LocalCluster implements AutoCloseable {
  private static final int LOG_LINES = 15;
  private static final long POLL_MS = 100;

  private final Path dir;
  private final ClusterFile file;
  private final FileChannel lock;
  private final Consumer<String> progress;

  private LocalCluster(Path dir, ClusterFile file, FileChannel lock, Consumer<String> progress) {
    this.dir = dir;
    this.file = file;
    this.lock = lock;
    this.progress = progress;
  }

  /** As below, without TLS. */
  static LocalCluster openOrMake(
      Path dir,
      int nodes,
      Map<String, String> sets,
      List<String> jvmOptions,
      Consumer<String> progress)
      throws IOException, InterruptedException {
    return openOrMake(dir, nodes, false, sets, jvmOptions, progress);
  }

  /**
   * Opens the cluster of a folder, or makes a new one where there is none.
   *
   * @param tls for a new cluster; one that exists stays as it was made, and is refused where this
   *     asks for TLS and it has none
   */
  static LocalCluster openOrMake(
      Path dir,
      int nodes,
      boolean tls,
      Map<String, String> sets,
      List<String> jvmOptions,
      Consumer<String> progress)
      throws IOException, InterruptedException {
    Files.createDirectories(dir);
    FileChannel lock = lock(dir);
    try {
      boolean exists = Files.exists(ClusterFile.path(dir));
      ClusterFile file = exists ? ClusterFile.read(dir) : ClusterFile.choose(nodes, tls);
      if (exists && nodes != file.members().size()) {
        throw new CliException(
            CliExit.USAGE,
            "`"
                + dir
                + "` holds a cluster of "
                + file.members().size()
                + " nodes: give no --nodes, or"
                + " another --dir");
      }
      if (tls && !file.tls()) {
        throw new CliException(
            CliExit.USAGE,
            "`" + dir + "` holds a cluster without TLS: leave out --tls, or give another --dir");
      }
      if (!exists && tls) makeCertificates(dir, file, progress);
      file = file.with(sets, jvmOptions);
      LocalCluster cluster = new LocalCluster(dir, file, lock, progress);
      cluster.writeConfigs();
      file.write(dir);
      return cluster;
    } catch (IOException | InterruptedException | RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  private static void makeCertificates(Path dir, ClusterFile file, Consumer<String> progress)
      throws IOException, InterruptedException {
    TrialFolder trial = ClusterFile.trial(dir);
    Map<String, List<String>> hosts = new LinkedHashMap<>();
    for (Member member : file.members()) hosts.put(member.id(), TrialFolder.LOOPBACK);
    trial.make(hosts, TrialFolder.DAYS);
    progress.accept("made a CA and certificates for a trial in " + trial.dir());
  }

  /** Opens the cluster of a folder. */
  static LocalCluster open(Path dir, Consumer<String> progress) throws IOException {
    ClusterFile file = ClusterFile.read(dir);
    return new LocalCluster(dir, file, lock(dir), progress);
  }

  private static FileChannel lock(Path dir) throws IOException {
    FileChannel channel =
        FileChannel.open(dir.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      if (channel.tryLock() != null) return channel;
    } catch (OverlappingFileLockException e) {
      // Held by this process: said below.
    }
    channel.close();
    throw new CliException(
        CliExit.FAILED,
        "another command works on `" + dir + "`: wait for it to end; a demo ends with Ctrl-C");
  }

  ClusterFile file() {
    return file;
  }

  NodeProcess process(Member member) {
    return new NodeProcess(dir.resolve(member.id()));
  }

  /** Checked before anything is started: what a node would refuse is said here. */
  private void writeConfigs() throws IOException {
    for (Member member : file.members()) {
      NodeProcess process = process(member);
      Files.createDirectories(process.storage());
      String text =
          NodeYaml.of(
              file, member, process.storage().toAbsolutePath().normalize(), ClusterFile.trial(dir));
      try {
        ConfigReader.parse(process.config().toString(), text, true);
      } catch (ConfigException e) {
        throw new CliException(
            CliExit.USAGE, "the nodes would not start:\n" + String.join("\n", e.faults()));
      }
      Files.writeString(process.config(), text);
    }
  }

  /** Starts the nodes that do not run, and waits until every node is fit. */
  void up(long timeoutMs) throws IOException, InterruptedException {
    up(timeoutMs, Map.of());
  }

  /**
   * @param optionsById further JVM options of single nodes, for this start alone
   */
  void up(long timeoutMs, Map<String, List<String>> optionsById)
      throws IOException, InterruptedException {
    NodeJvm jvm = NodeJvm.find();
    int started = 0;
    for (Member member : file.members()) {
      NodeProcess process = process(member);
      if (process.find().isPresent()) continue;
      ProcessHandle handle = process.start(jvm, options(member, optionsById));
      progress.accept(member.id() + " starts, pid " + handle.pid());
      started++;
    }
    if (started == 0) progress.accept("all nodes run already");
    awaitFit(timeoutMs);
  }

  private List<String> options(Member member, Map<String, List<String>> optionsById) {
    List<String> options = new ArrayList<>(file.jvmOptions());
    options.addAll(optionsById.getOrDefault(member.id(), List.of()));
    return options;
  }

  private void awaitFit(long timeoutMs) throws IOException, InterruptedException {
    long startNs = System.nanoTime();
    Map<String, String> waiting = new LinkedHashMap<>();
    file.members().forEach(member -> waiting.put(member.id(), ""));
    try (Probes probes = new Probes(file, dir)) {
      while (!waiting.isEmpty()) {
        for (Member member : file.members()) {
          if (!waiting.containsKey(member.id())) continue;
          NodeProcess process = process(member);
          if (process.find().isEmpty()) {
            throw new CliException(
                CliExit.FAILED,
                member.id()
                    + " has ended; the end of "
                    + process.log()
                    + ":\n"
                    + process.logTail(LOG_LINES));
          }
          if (probes.isServing(member)) {
            process.noteJoined();
            waiting.remove(member.id());
            progress.accept(
                member.id() + " serves after " + (System.nanoTime() - startNs) / 1_000_000 + " ms");
          }
        }
        if (System.nanoTime() - startNs > timeoutMs * 1_000_000) {
          throw new CliException(
              CliExit.UNAVAILABLE,
              "not fit after "
                  + timeoutMs
                  + " ms: "
                  + String.join(", ", waiting.keySet())
                  + "; look into their logs in "
                  + dir);
        }
        if (!waiting.isEmpty()) Thread.sleep(POLL_MS);
      }
    }
  }

  /**
   * Stops the nodes that run, all at once: a cluster that goes down needs no leader.
   *
   * @return the number that had to be killed
   */
  int down(long waitMs) throws InterruptedException {
    List<ProcessHandle> running = new ArrayList<>();
    for (Member member : file.members()) {
      process(member)
          .find()
          .ifPresentOrElse(
              handle -> {
                progress.accept(member.id() + " stops, pid " + handle.pid());
                handle.destroy();
                running.add(handle);
              },
              () -> progress.accept(member.id() + " does not run"));
    }
    int killed = 0;
    for (ProcessHandle handle : running) {
      if (!NodeProcess.stop(handle, waitMs)) killed++;
    }
    return killed;
  }

  @Override
  public void close() throws IOException {
    lock.close();
  }
}
