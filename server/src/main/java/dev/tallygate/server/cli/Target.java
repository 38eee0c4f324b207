package dev.tallygate.server.cli;

import io.grpc.ChannelCredentials;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which node a short command asks, for whom, and how it shows the answer. */
final class Target {
  private static final String DATA = "127.0.0.1:7420";
  private static final String ADMIN = "127.0.0.1:7421";

  @Option(
      names = "--target",
      paramLabel = "HOST:PORT",
      description = "Data listener of any node. Default: $TALLYGATE_TARGET, else " + DATA + ".")
  private @Nullable String data;

  @Option(
      names = "--admin",
      paramLabel = "HOST:PORT",
      description = "Admin listener of any node. Default: $TALLYGATE_ADMIN, else " + ADMIN + ".")
  private @Nullable String admin;

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description =
          "Ask the first running node of the cluster that `cluster up` made in this folder.")
  private @Nullable Path dir;

  @Mixin private TlsOptions tls = new TlsOptions();

  @Option(names = "--tenant", description = "This release has one: `default`.")
  private String tenant = "";

  @Option(
      names = "--timeout-ms",
      defaultValue = "10000",
      description = "Give up after this time, retries included. Default: ${DEFAULT-VALUE}.")
  private int timeoutMs;

  @Option(names = "--json", description = "One JSON object on standard output, for programs.")
  private boolean json;

  String data() {
    if (data != null) return data;
    return dir == null ? environment("TALLYGATE_TARGET", DATA) : running(dir).data();
  }

  String admin() {
    if (admin != null) return admin;
    return dir == null ? environment("TALLYGATE_ADMIN", ADMIN) : running(dir).admin();
  }

  ChannelCredentials credentials() {
    // The folder knows its cluster, whatever the environment says of others.
    return dir == null || tls.given() ? tls.credentials() : ClusterFile.read(dir).credentials(dir);
  }

  String tenant() {
    return tenant;
  }

  int timeoutMs() {
    return timeoutMs;
  }

  boolean json() {
    return json;
  }

  private static ClusterFile.Member running(Path dir) {
    for (ClusterFile.Member member : ClusterFile.read(dir).members()) {
      if (new NodeProcess(dir.resolve(member.id())).find().isPresent()) return member;
    }
    throw new CliException(
        CliExit.UNAVAILABLE,
        "no node of `" + dir + "` runs: start them with `tallygate cluster up --dir " + dir + "`");
  }

  private static String environment(String name, String otherwise) {
    String value = System.getenv(name);
    return value == null || value.isEmpty() ? otherwise : value;
  }
}
