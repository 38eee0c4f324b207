package dev.tallygate.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What {@code tallygate init} makes and refuses. That nodes accept it, {@link TlsProcessIT}. */
class InitTest {
  @TempDir Path dir;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    return Main.commandLine()
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(err))
        .execute(arguments);
  }

  private static X509Certificate certificate(Path file) throws Exception {
    try (var in = Files.newInputStream(file)) {
      return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
    }
  }

  @Test
  void init_makesWhatATrialNeeds_keysForTheOwnerOnly() throws Exception {
    Path tls = dir.resolve("a/tls");

    assertThat(
            run(
                "init",
                "--dir",
                tls.toString(),
                "--nodes",
                "1",
                "--host",
                "node-1=10.0.0.1",
                "--host",
                "node-1=Node.example",
                "--host",
                "node-1=fd00::7",
                "--days",
                "30"))
        .as(err.toString())
        .isZero();

    assertThat(tls.toFile().list())
        .containsExactlyInAnyOrder(
            "ca.crt", "ca.key", "node-1.crt", "node-1.key", "client.crt", "client.key");
    assertThat(Files.getPosixFilePermissions(tls))
        .isEqualTo(PosixFilePermissions.fromString("rwx------"));
    for (String key : List.of("ca.key", "node-1.key", "client.key")) {
      assertThat(Files.getPosixFilePermissions(tls.resolve(key)))
          .as(key)
          .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    }
    X509Certificate node = certificate(tls.resolve("node-1.crt"));
    assertThat(node.getSubjectAlternativeNames().stream().map(name -> name.get(1)).toList())
        .isEqualTo(
            List.of(
                "localhost",
                "127.0.0.1",
                "0:0:0:0:0:0:0:1",
                "10.0.0.1",
                "Node.example",
                "fd00:0:0:0:0:0:0:7"));
    node.verify(certificate(tls.resolve("ca.crt")).getPublicKey());
    assertThat(node.getBasicConstraints()).as("no CA").isEqualTo(-1);
    // A caller names no host, so that it is nobody's peer.
    assertThat(certificate(tls.resolve("client.crt")).getSubjectAlternativeNames()).isNull();
    assertThat(err.toString())
        .contains("client-auth: require, client-ca: " + tls.resolve("ca.crt"))
        .contains("--tls-cert " + tls.resolve("client.crt"));
  }

  @Test
  void folderOthersMayWrite_isRefused() throws Exception {
    for (String permissions : List.of("rwxrwx---", "rwx---rwx")) {
      Path shared = Files.createDirectory(dir.resolve(permissions));
      Files.setPosixFilePermissions(shared, PosixFilePermissions.fromString(permissions));

      assertThat(run("init", "--dir", shared.toString())).isEqualTo(CliExit.USAGE.number());

      assertThat(err.toString()).contains("others may write to `" + shared + "`");
      assertThat(shared).isEmptyDirectory();
    }
    Path own = Files.createDirectory(dir.resolve("own"));
    Files.setPosixFilePermissions(own, PosixFilePermissions.fromString("rwxr-xr-x"));
    assertThat(run("init", "--dir", own.toString())).as(err.toString()).isZero();
  }

  // A link that waits under the name of a key is neither followed nor replaced.
  @Test
  void fileThatIsThereAlready_isNotWrittenTo() throws Exception {
    Path victim = Files.writeString(dir.resolve("victim"), "mine");
    Path folder = Files.createDirectory(dir.resolve("tls"));
    Files.createSymbolicLink(folder.resolve("ca.key"), victim);

    assertThat(run("init", "--dir", folder.toString())).isEqualTo(CliExit.USAGE.number());

    assertThat(Files.readString(victim)).isEqualTo("mine");
  }

  @Test
  void folder_notEmpty_nothingOverwritten() throws Exception {
    Path mine = Files.writeString(dir.resolve("node-1.key"), "mine");

    assertThat(run("init", "--dir", dir.toString())).isEqualTo(CliExit.USAGE.number());

    assertThat(err.toString()).contains("is not empty, and nothing is overwritten");
    assertThat(dir.toFile().list()).containsExactly("node-1.key");
    assertThat(Files.readString(mine)).isEqualTo("mine");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--nodes 0 | --nodes `0` is not in 1-5",
        "--days 0 | --days `0` is not in 1-825",
        "--host 10.0.0.1 | --host `10.0.0.1` is not NODE=HOST with one of node-1, node-2, node-3",
        "--host node-4=h | --host `node-4=h` is not NODE=HOST",
        "--host node-1=h:7422 | `h:7422` is no host name or address; it has no port",
        "--host node-1=h,ip:1.1.1.1 | is no host name or address",
      })
  void options_wrong_usageError(String options, String message) {
    String[] words = ("init --dir " + dir + " " + options).split(" ", -1);

    assertThat(run(words)).isEqualTo(CliExit.USAGE.number());
    assertThat(err.toString()).contains(message);
    assertThat(dir).isEmptyDirectory();
  }
}
