package dev.tallygate.server.cli;

import dev.tallygate.server.config.ContextConfig;
import dev.tallygate.server.config.ContextTls;
import dev.tallygate.server.config.HostPort;
import io.grpc.ChannelCredentials;
import io.grpc.InsecureChannelCredentials;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Which node a short command asks, for whom, and how it shows the answer.
 *
 * <p>What is asked is said as a whole by the first of: a context or folder that is named; the
 * environment; the context in use; this machine. So no address of one cluster is used with the
 * certificates of another. Options replace one thing of it.
 */
final class Target {
  private static final String DATA = "127.0.0.1:7420";
  private static final String ADMIN = "127.0.0.1:7421";
  private static final String CONTEXT = "TALLYGATE_CONTEXT";
  private static final List<String> SINGLE =
      List.of(
          "TALLYGATE_TARGET", "TALLYGATE_ADMIN", TlsOptions.CA, TlsOptions.CERT, TlsOptions.KEY);

  private final Environment environment;

  @Option(
      names = "--context",
      paramLabel = "NAME",
      description =
          "Ask the cluster of this context. Default: $"
              + CONTEXT
              + ", else the one in use; see"
              + " `tallygate context`.")
  private @Nullable String contextName;

  @Option(
      names = "--target",
      paramLabel = "HOST:PORT",
      description =
          "Data listener of any node, or several with commas between, tried in turn. Default:"
              + " $TALLYGATE_TARGET, else "
              + DATA
              + ".")
  private @Nullable String data;

  @Option(
      names = "--admin",
      paramLabel = "HOST:PORT",
      description =
          "Admin listener of any node, or several. Default: $TALLYGATE_ADMIN, else " + ADMIN + ".")
  private @Nullable String admin;

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description =
          "Ask the first running node of the cluster that `cluster up` made in this folder.")
  private @Nullable Path dir;

  @Mixin private TlsOptions tls = new TlsOptions();

  @Option(
      names = "--tenant",
      paramLabel = "TENANT",
      description = "Which tenant is meant. Default: the context's, else `default`.")
  private String tenant = "";

  @Option(
      names = "--timeout-ms",
      paramLabel = "MS",
      defaultValue = "10000",
      description = "Give up after this time, retries included. Default: ${DEFAULT-VALUE}.")
  private int timeoutMs;

  @Option(names = "--json", description = "One JSON object on standard output, for programs.")
  private boolean json;

  /** Read when first asked for: most commands need no file. */
  private @Nullable Contexts contexts;

  Target(Environment environment) {
    this.environment = environment;
  }

  /** Addresses with commas between. */
  String data() {
    String given = data;
    if (given != null) return allowed("--target", given);
    if (dir != null) return running(dir).data();
    Contexts.Named context = context();
    if (context != null) return text(context.context().targets());
    return environment.get("TALLYGATE_TARGET", DATA);
  }

  /** Addresses with commas between. */
  String admin() {
    String given = admin;
    if (given != null) return allowed("--admin", given);
    if (dir != null) return running(dir).admin();
    Contexts.Named context = context();
    if (context == null) return environment.get("TALLYGATE_ADMIN", ADMIN);
    if (!context.context().admin().isEmpty()) return text(context.context().admin());
    throw new CliException(
        CliExit.USAGE,
        contexts().file()
            + ": contexts."
            + context.name()
            + ".admin: is missing, and this command asks an admin listener: `tallygate context set "
            + context.name()
            + " --admin HOST:PORT`, or give --admin");
  }

  ChannelCredentials credentials() {
    if (tls.given()) return tls.credentials();
    // The folder knows its cluster, whatever the environment says of others.
    if (dir != null) return ClusterFile.read(dir).credentials(dir);
    Contexts.Named context = context();
    return context == null ? TlsOptions.credentials(environment) : credentials(context);
  }

  private ChannelCredentials credentials(Contexts.Named context) {
    ContextTls files = context.context().tls();
    if (files == null) return InsecureChannelCredentials.create();
    String key = contexts().file() + ": contexts." + context.name() + ".tls.";
    return TlsOptions.credentials(
        key + "ca", files.ca(), key + "certificate", files.certificate(), key + "key", files.key());
  }

  String tenant() {
    if (!tenant.isEmpty()) return tenant;
    Contexts.Named context = context();
    return context == null ? "" : context.context().tenant();
  }

  int timeoutMs() {
    return timeoutMs;
  }

  boolean json() {
    return json;
  }

  /** What an error says of where the address came from; empty where the user said it. */
  String origin() {
    Contexts.Named context = context();
    return context == null ? "" : "context `" + context.name() + "` of " + contexts().file();
  }

  /** Null where no context is to be asked. */
  private Contexts.@Nullable Named context() {
    if (contextName != null) {
      if (dir == null) return contexts().named(contextName);
      throw new CliException(CliExit.USAGE, "give --dir or --context, not both");
    }
    if (dir != null) return null;
    String name = environment.get(CONTEXT);
    String single = SINGLE.stream().filter(v -> environment.get(v) != null).findFirst().orElse("");
    if (name == null) return single.isEmpty() ? contexts().current() : null;
    if (single.isEmpty()) return contexts().named(name);
    throw new CliException(
        CliExit.USAGE,
        "both "
            + CONTEXT
            + " and "
            + single
            + " are set, and may mean two clusters: unset one, or"
            + " give --context or --dir");
  }

  private Contexts contexts() {
    Contexts read = contexts;
    if (read == null) {
      read = Contexts.read(environment);
      contexts = read;
    }
    return read;
  }

  /** What a context does not allow, an address that is used with it is not either. */
  private String allowed(String option, String addresses) {
    Contexts.Named context = context();
    if (context == null || tls.given()) return addresses;
    ContextConfig config = context.context();
    if (config.tls() != null || config.insecure()) return addresses;
    for (String address : Calls.split(addresses)) {
      if (!isLoopback(option, address)) {
        throw new CliException(
            CliExit.USAGE,
            option
                + " `"
                + address
                + "` is not a loopback address, and "
                + origin()
                + " is plaintext: give --tls-ca FILE, or `insecure: true` to the context");
      }
    }
    return addresses;
  }

  private static boolean isLoopback(String option, String address) {
    try {
      return HostPort.parse(address).isWrittenLoopback();
    } catch (IllegalArgumentException e) {
      throw new CliException(CliExit.USAGE, option + " " + e.getMessage());
    }
  }

  private static String text(List<HostPort> addresses) {
    return String.join(",", Contexts.texts(addresses));
  }

  private static ClusterFile.Member running(Path dir) {
    for (ClusterFile.Member member : ClusterFile.read(dir).members()) {
      if (new NodeProcess(dir.resolve(member.id())).find().isPresent()) return member;
    }
    throw new CliException(
        CliExit.UNAVAILABLE,
        "no node of `" + dir + "` runs: start them with `tallygate cluster up --dir " + dir + "`");
  }
}
