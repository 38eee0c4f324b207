package dev.tallygate.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class ContextsReaderTest {
  private static final Path FILE = Path.of("/etc/of-ann/contexts.yaml");

  private static List<String> faults(String text) {
    return catchThrowableOfType(ConfigException.class, () -> ContextsReader.parse(FILE, text))
        .faults();
  }

  @Test
  void everyKey_isRead() throws Exception {
    ContextsConfig config =
        ContextsReader.parse(
            FILE,
            """
            current: prod
            contexts:
              prod:
                targets: [a.example.com:7420, b.example.com:7420]
                admin: [a.example.com:7421]
                tenant: acme
                tls: {ca: ca.crt, certificate: /keys/me.crt, key: /keys/me.key}
              open:
                targets: 192.0.2.1:7420
                insecure: true
              here:
                targets: ["127.0.0.1:1", "localhost:2", "[::1]:3"]
            """);

    assertThat(config.current()).isEqualTo("prod");
    assertThat(config.contexts().keySet()).containsExactly("prod", "open", "here");
    assertThat(config.contexts())
        .containsEntry(
            "prod",
            new ContextConfig(
                List.of(new HostPort("a.example.com", 7420), new HostPort("b.example.com", 7420)),
                List.of(new HostPort("a.example.com", 7421)),
                "acme",
                new ContextTls(
                    Path.of("/etc/of-ann/ca.crt"),
                    Path.of("/keys/me.crt"),
                    Path.of("/keys/me.key")),
                false))
        .containsEntry(
            "open",
            new ContextConfig(List.of(new HostPort("192.0.2.1", 7420)), List.of(), "", null, true));
  }

  @Test
  void emptyFile_hasNone() throws Exception {
    assertThat(ContextsReader.parse(FILE, "")).extracting(ContextsConfig::current).isEqualTo("");
  }

  @Test
  void faults_areNamedAllWithFileLineAndKey() {
    assertThat(
            faults(
                """
                current: c
                contexts:
                  a:
                    targets: [a:7420]
                  b:
                    targets: [nowhere]
                    admin: [127.0.0.1:0]
                    speed: 9
                  -c:
                    targets: [127.0.0.1:1]
                    tls: {certificate: me.crt}
                  d:
                    targets: [d:7420]
                    tls: {ca: ca.crt, key: me.key}
                    insecure: true
                """))
        .containsExactly(
            FILE
                + ":4: contexts.a.targets: `a:7420` is not a loopback address, and plaintext is read"
                + " and changed by whoever is between: name the CA of the nodes in `tls`, or say"
                + " `insecure: true`",
            FILE + ":6: contexts.b.targets: `nowhere` is not host:port with a port in 1-65535",
            FILE + ":7: contexts.b.admin: `127.0.0.1:0` is not host:port with a port in 1-65535",
            FILE
                + ":8: contexts.b.speed: is unknown; known here: targets, admin, tenant, tls,"
                + " insecure",
            FILE
                + ":9: contexts.-c: the name is not 1-63 letters, digits, dots, dashes and"
                + " underscores, a letter or digit first",
            FILE + ":11: contexts.-c.tls.ca: is missing",
            FILE
                + ":14: contexts.d.tls.certificate: is missing: a certificate and its key go"
                + " together");
  }

  @Test
  void plaintextAdminElsewhere_refused() {
    assertThat(faults("contexts: {a: {targets: ['127.0.0.1:1'], admin: ['192.0.2.1:2']}}"))
        .singleElement()
        .asString()
        .startsWith(FILE + ":1: contexts.a.admin: `192.0.2.1:2` is not a loopback address");
  }

  @Test
  void tlsAndInsecure_refused() {
    assertThat(faults("contexts: {a: {targets: ['a:1'], tls: {ca: ca.crt}, insecure: true}}"))
        .containsExactly(
            FILE + ":1: contexts.a.insecure: is for plaintext: remove it, or remove `tls`");
  }

  @Test
  void currentThatIsNone_refused() {
    assertThat(faults("current: b\ncontexts: {a: {targets: ['127.0.0.1:1']}}"))
        .containsExactly(FILE + ":1: current: there is no context `b`");
  }
}
