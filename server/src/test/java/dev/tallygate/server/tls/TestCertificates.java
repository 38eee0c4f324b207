package dev.tallygate.server.tls;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/**
 * Certificates for tests, made once in a JVM: of the right CA and of another one, for nodes and for
 * callers, and some that nobody may accept.
 */
public final class TestCertificates {
  private static final List<String> LOOPBACK = List.of("localhost", "127.0.0.1");
  private static final int DAYS = 2;
  private static final TestCertificates MADE = make();

  /** A certificate chain and its key, as files. */
  public record Pair(Path certificate, Path key) {}

  public final Path dir;
  public final Path ca;
  public final Path otherCa;

  /** Of a node on loopback. */
  public final Pair node;

  /** Of a node of the same CA that is reached elsewhere. */
  public final Pair elsewhere;

  /** Of nodes of the same CA that are reached under one of the two names of loopback alone. */
  public final Pair byName;

  public final Pair byAddress;
  public final Pair client;

  /** A node and a caller of another CA, which has the same name and names the same hosts. */
  public final Pair otherNode;

  public final Pair otherClient;
  public final Pair expiredNode;
  public final Pair expiredClient;

  private TestCertificates(Path dir) throws IOException, InterruptedException {
    this.dir = dir;
    try (TrialCa right = TrialCa.make("test CA", DAYS);
        TrialCa other = TrialCa.make("test CA", DAYS)) {
      ca = Files.writeString(dir.resolve("ca.crt"), right.own().certificates());
      otherCa = Files.writeString(dir.resolve("other-ca.crt"), other.own().certificates());
      node = write("node", right.node("node-1", LOOPBACK, DAYS));
      elsewhere = write("elsewhere", right.node("node-2", List.of("node-2.example"), DAYS));
      byName = write("by-name", right.node("node-3", List.of("localhost"), DAYS));
      byAddress = write("by-address", right.node("node-4", List.of("127.0.0.1"), DAYS));
      client = write("client", right.client("client", DAYS));
      otherNode = write("other-node", other.node("node-1", LOOPBACK, DAYS));
      otherClient = write("other-client", other.client("client", DAYS));
      expiredNode =
          write("expired-node", right.issue("old", 30, 10, "serverAuth,clientAuth", LOOPBACK));
      expiredClient = write("expired-client", right.issue("old", 30, 10, "clientAuth", List.of()));
    }
  }

  public static TestCertificates get() {
    return MADE;
  }

  private static TestCertificates make() {
    try {
      Path dir = Files.createTempDirectory("tallygate-test-certificates");
      TestCertificates made = new TestCertificates(dir);
      // Read by tests of this JVM until it ends.
      dir.toFile().deleteOnExit();
      try (var files = Files.list(dir)) {
        files.forEach(file -> file.toFile().deleteOnExit());
      }
      return made;
    } catch (IOException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private Pair write(String name, TrialCa.Issued issued) throws IOException {
    Path key = Files.writeString(dir.resolve(name + ".key"), issued.key());
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
    return new Pair(Files.writeString(dir.resolve(name + ".crt"), issued.certificates()), key);
  }
}
