package dev.tallygate.server.cli;

import dev.tallygate.server.config.ContextConfig;
import dev.tallygate.server.config.ContextTls;
import dev.tallygate.server.config.HostPort;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What `context set` is told of a context. An empty value takes away what was there. */
final class ContextOptions {
  private static final String FORGET = " '' forgets it.";

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description = "Of the cluster that `cluster up` made in this folder; its certificates too.")
  private @Nullable Path dir;

  @Option(
      names = "--target",
      paramLabel = "HOST:PORT",
      split = ",",
      description = "Data listeners, any number of nodes, separated by commas: tried in turn.")
  private @Nullable List<String> targets;

  @Option(
      names = "--admin",
      paramLabel = "HOST:PORT",
      split = ",",
      description = "Admin listeners, likewise, for administrators." + FORGET)
  private @Nullable List<String> admin;

  @Option(names = "--tenant", description = "For whom to ask." + FORGET)
  private @Nullable String tenant;

  @Option(
      names = "--tls-ca",
      paramLabel = "FILE",
      description =
          "Speak TLS, with nodes whose certificate is of a CA in this file (PEM)." + FORGET)
  private @Nullable String ca;

  @Option(
      names = "--tls-cert",
      paramLabel = "FILE",
      description = "Certificate to show to a node that asks for one, with --tls-key." + FORGET)
  private @Nullable String certificate;

  @Option(names = "--tls-key", paramLabel = "FILE", description = "Its private key." + FORGET)
  private @Nullable String key;

  @Option(
      names = "--insecure",
      negatable = true,
      description = "Plaintext may leave this machine: whoever is between reads and changes it.")
  private @Nullable Boolean insecure;

  /**
   * @param before what the context says so far; null for a new one
   * @throws IllegalArgumentException if the context would not be allowed; the message names the key
   */
  ContextConfig over(@Nullable ContextConfig before) {
    ContextConfig from = dir == null ? before : of(dir);
    if (from == null && targets == null) {
      throw new CliException(
          CliExit.USAGE, "a new context needs --target HOST:PORT, or --dir of a cluster here");
    }
    return new ContextConfig(
        given(targets, from == null ? List.of() : from.targets()),
        given(admin, from == null ? List.of() : from.admin()),
        tenant != null ? tenant : before == null ? "" : before.tenant(),
        tls(from == null ? null : from.tls()),
        insecure != null ? insecure : from != null && from.insecure());
  }

  private static List<HostPort> given(@Nullable List<String> texts, List<HostPort> otherwise) {
    if (texts == null) return otherwise;
    List<HostPort> addresses = new ArrayList<>();
    for (String text : texts) if (!text.isEmpty()) addresses.add(HostPort.parse(text));
    return addresses;
  }

  private @Nullable ContextTls tls(@Nullable ContextTls before) {
    Path nextCa = file(ca, before, ContextTls::ca);
    Path nextCertificate = file(certificate, before, ContextTls::certificate);
    Path nextKey = file(key, before, ContextTls::key);
    if (nextCa == null) {
      boolean left = certificate != null && !certificate.isEmpty();
      if (left) throw new IllegalArgumentException("tls.ca: is missing: give --tls-ca");
      return null;
    }
    ContextTls tls = new ContextTls(nextCa, nextCertificate, nextKey);
    // Read now: a file that does not fit is better named here than by the next command.
    var unused =
        TlsOptions.credentials(
            "--tls-ca", nextCa, "--tls-cert", nextCertificate, "--tls-key", nextKey);
    return tls;
  }

  private static @Nullable Path file(
      @Nullable String given,
      @Nullable ContextTls before,
      Function<ContextTls, @Nullable Path> part) {
    if (given == null) return before == null ? null : part.apply(before);
    return given.isEmpty() ? null : Path.of(given).toAbsolutePath().normalize();
  }

  private static ContextConfig of(Path dir) {
    ClusterFile cluster = ClusterFile.read(dir);
    List<HostPort> data = new ArrayList<>();
    List<HostPort> admin = new ArrayList<>();
    for (ClusterFile.Member member : cluster.members()) {
      data.add(HostPort.parse(member.data()));
      admin.add(HostPort.parse(member.admin()));
    }
    return new ContextConfig(data, admin, "", cluster.tls() ? trial(dir) : null, false);
  }

  private static ContextTls trial(Path dir) {
    TrialFolder trial = ClusterFile.trial(dir);
    return new ContextTls(
        trial.certificate(TrialFolder.CA),
        trial.certificate(TrialFolder.CLIENT),
        trial.key(TrialFolder.CLIENT));
  }
}
