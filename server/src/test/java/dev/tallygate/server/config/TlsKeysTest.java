package dev.tallygate.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tallygate.server.tls.TestCertificates;
import dev.tallygate.server.tls.TestCertificates.Pair;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What of {@code listeners.*.tls} is refused, by key, file and what to do. */
class TlsKeysTest {
  private static final TestCertificates MADE = TestCertificates.get();
  private static final String INSECURE = "insecure: true";
  private static final String FILE =
      """
      node: {id: a}
      cluster: {id: 3f0c9b52-6f0e-4f6f-9a55-9d2f1f3b7c01}
      storage: {dir: /data}
      peers:
        - {id: a, peer: "127.0.0.1:1003", data: "127.0.0.1:1001", admin: "127.0.0.1:1002"}
      listeners:
        data: {address: "127.0.0.1:1001", DATA}
        admin: {address: "ADMIN-AT:1002", ADMIN}
        peer: {address: "127.0.0.1:1003", PEER}
        http: {address: "127.0.0.1:1004", insecure: true}
      """;

  @TempDir Path dir;

  private static String file(String data, String adminAt, String admin, String peer) {
    return FILE.replace("DATA", data)
        .replace("ADMIN-AT", adminAt)
        .replace("ADMIN", admin)
        .replace("PEER", peer);
  }

  private static String ofData(String tls) {
    return file("tls: {" + tls + "}", "127.0.0.1", INSECURE, INSECURE);
  }

  private static String ofPeer(Pair own, Path ca) {
    return file(
        INSECURE,
        "127.0.0.1",
        INSECURE,
        "tls: {" + pair(own.certificate(), own.key()) + ", ca: " + ca + "}");
  }

  private static String pair(Path certificate, Path key) {
    return "certificate: " + certificate + ", key: " + key;
  }

  private static String own(Pair pair) {
    return pair(pair.certificate(), pair.key());
  }

  private static List<String> faults(String text) {
    ConfigException refused =
        catchThrowableOfType(
            ConfigException.class, () -> ConfigReader.parse("f.yaml", text, false));
    assertThat(refused).as("refused").isNotNull();
    return refused.faults();
  }

  private static void assertFault(String text, String... parts) {
    assertThat(faults(text)).singleElement().asString().contains(parts);
  }

  @Test
  void everyListenerWithTls_offLoopbackToo_accepted() throws Exception {
    String require = "tls: {" + own(MADE.node) + ", client-ca: " + MADE.ca + ", client-auth: ";
    NodeConfig config =
        ConfigReader.parse(
            "f.yaml",
            file(
                    require + "require}",
                    "0.0.0.0",
                    require + "require}",
                    "tls: {" + own(MADE.node) + ", ca: " + MADE.ca + "}")
                .replace("{address: \"127.0.0.1:1003", "{address: \"0.0.0.0:1003"),
            false);

    assertThat(config.listeners().data().tls()).isNotNull();
    assertThat(config.raft().tls()).isNotNull();
  }

  @Test
  void plaintext_stillNoTlsOnThePeerPort() throws Exception {
    NodeConfig config =
        ConfigReader.parse("f.yaml", file(INSECURE, "127.0.0.1", INSECURE, INSECURE), false);

    assertThat(config.raft().tls()).isNull();
  }

  @Test
  void fileAbsent_namedWithItsKey() {
    assertFault(
        ofData(pair(dir.resolve("no.crt"), MADE.node.key()) + ", client-auth: none"),
        "f.yaml:7: listeners.data.tls.certificate: `" + dir.resolve("no.crt") + "` does not exist",
        "tallygate init");
    assertFault(
        ofData(pair(MADE.node.certificate(), dir.resolve("no.key")) + ", client-auth: none"),
        "listeners.data.tls.key: `" + dir.resolve("no.key") + "` does not exist");
    assertFault(
        ofData(own(MADE.node) + ", client-auth: require, client-ca: /no/ca.crt"),
        "listeners.data.tls.client-ca: `/no/ca.crt` does not exist");
  }

  @Test
  void fileThatIsAFolder_cannotBeRead() {
    assertFault(
        ofData(pair(dir, MADE.node.key()) + ", client-auth: none"),
        "listeners.data.tls.certificate: `" + dir + "` cannot be read");
  }

  @Test
  void keyThatEverybodyMayRead_refused_whatAGroupMayReadTaken() throws Exception {
    Path key = Files.copy(MADE.node.key(), dir.resolve("open.key"));
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r--r--"));
    assertFault(
        ofData(pair(MADE.node.certificate(), key) + ", client-auth: none"),
        "listeners.data.tls.key: `" + key + "` may be read by every user of this machine",
        "chmod o-rwx " + key);

    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r-----"));
    String text = ofData(pair(MADE.node.certificate(), key) + ", client-auth: none");
    assertThat(ConfigReader.parse("f.yaml", text, false).listeners().data().tls()).isNotNull();
  }

  @Test
  void keyOfAnotherCertificate_refused() {
    assertFault(
        ofData(pair(MADE.node.certificate(), MADE.client.key()) + ", client-auth: none"),
        "listeners.data.tls.key: `" + MADE.client.key() + "` does not fit the certificate `",
        "name the key that the certificate was made with");
  }

  @Test
  void certificateExpired_refusedOnEveryListener() {
    assertFault(
        ofData(own(MADE.expiredNode) + ", client-auth: none"),
        "listeners.data.tls.certificate: `" + MADE.expiredNode.certificate(),
        "expired at",
        "put a new one in its place");
    assertFault(
        ofPeer(MADE.expiredNode, MADE.ca), "listeners.peer.tls.certificate: `", "expired at");
  }

  @Test
  void certificateOfACaller_isNoServers() {
    assertFault(
        ofData(own(MADE.client) + ", client-auth: none"),
        "listeners.data.tls.certificate: `" + MADE.client.certificate() + "` is not for servers");
  }

  @Test
  void filesOfOtherKinds_refused() throws Exception {
    Path text = Files.writeString(dir.resolve("text"), "hello");
    Path old =
        Files.writeString(
            dir.resolve("old.key"),
            "-----BEGIN RSA PRIVATE KEY-----\nAA==\n-----END RSA PRIVATE KEY-----\n");
    Path damaged =
        Files.writeString(
            dir.resolve("damaged.key"),
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
    Path shuffled =
        Files.writeString(
            dir.resolve("shuffled.crt"),
            Files.readString(MADE.ca) + Files.readString(MADE.node.certificate()));

    assertFault(
        ofData(pair(text, MADE.node.key()) + ", client-auth: none"),
        "tls.certificate: `" + text + "` is no certificate in PEM");
    assertFault(
        ofData(pair(MADE.node.certificate(), text) + ", client-auth: none"),
        "tls.key: `" + text + "` is no private key in PEM");
    assertFault(
        ofData(pair(MADE.node.certificate(), old) + ", client-auth: none"),
        "tls.key: `" + old + "` holds a key that is encrypted or in an old form",
        "openssl pkcs8 -topk8 -nocrypt -in " + old);
    assertFault(
        ofData(pair(MADE.node.certificate(), damaged) + ", client-auth: none"),
        "tls.key: `" + damaged + "` holds no EC key");
    assertFault(
        ofData(pair(shuffled, MADE.node.key()) + ", client-auth: none"),
        "tls.certificate: `" + shuffled + "` is out of order");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "client-auth: maybe                 | listeners.data.tls.client-auth: `maybe` is neither `require` nor `none`",
        "client-auth: require               | listeners.data.tls.client-ca: is missing",
        "client-auth: none, client-ca: CA   | listeners.data.tls.client-auth: `none` does not ask for the certificates",
        "client-ca: CA                      | listeners.data.tls.client-auth: is missing",
        "client-auth: none, ca: CA          | listeners.data.tls.ca: is unknown",
      })
  void clientAuth_isSaidInFull(String keys, String fault) {
    assertFault(ofData(own(MADE.node) + ", " + keys.replace("CA", MADE.ca.toString())), fault);
  }

  @Test
  void tlsEmpty_namesWhatIsMissing() {
    assertThat(faults(ofData("")))
        .anySatisfy(f -> assertThat(f).contains("listeners.data.tls.certificate: is missing"))
        .anySatisfy(f -> assertThat(f).contains("listeners.data.tls.key: is missing"))
        .anySatisfy(f -> assertThat(f).contains("listeners.data.tls.client-auth: is missing"));
  }

  @Test
  void path_relative_refused() {
    assertFault(
        ofData("certificate: a.crt, key: " + MADE.node.key() + ", client-auth: none"),
        "listeners.data.tls.certificate: `a.crt` is not an absolute path");
  }

  @Test
  void tlsAndInsecure_contradict() {
    assertFault(
        file(
            INSECURE + ", tls: {" + own(MADE.node) + ", client-auth: none}",
            "127.0.0.1",
            INSECURE,
            INSECURE),
        "listeners.data.insecure: contradicts `tls`");
  }

  // Whoever reaches the admin listener may change limits, so there TLS alone is no protection.
  @Test
  void adminOffLoopback_withoutClientAuth_refused() {
    String none = "tls: {" + own(MADE.node) + ", client-auth: none}";

    assertFault(
        file(INSECURE, "0.0.0.0", none, INSECURE),
        "listeners.admin.tls.client-auth: `none` lets whoever reaches `0.0.0.0:1002`");
  }

  // It would send to other machines what it may not take from them.
  @Test
  void peersOnOtherMachines_plaintext_refused() {
    assertFault(
        file(INSECURE, "127.0.0.1", INSECURE, INSECURE)
            .replace(
                "listeners:",
                "  - {id: b, peer: \"10.0.0.9:1\", data: \"10.0.0.9:2\", admin: \"10.0.0.9:3\"}\n"
                    + "listeners:"),
        "peers: a `peer` address is not on loopback");
  }

  @Test
  void peer_ofAnotherCa_refused() {
    assertFault(
        ofPeer(MADE.otherNode, MADE.ca),
        "listeners.peer.tls.certificate: the CA of `listeners.peer.tls.ca` does not vouch for it");
  }

  @Test
  void peer_certificateForAnotherHost_refused() {
    assertFault(
        ofPeer(MADE.elsewhere, MADE.ca),
        "listeners.peer.tls.certificate: names [node-2.example] and not `127.0.0.1`");
  }

  // How a cluster changes its CA: both are believed while the nodes get new certificates.
  @Test
  void peer_fileOfTwoCas_bothBelieved() throws Exception {
    Path both =
        Files.writeString(
            dir.resolve("both.crt"), Files.readString(MADE.otherCa) + Files.readString(MADE.ca));

    for (Pair own : List.of(MADE.node, MADE.otherNode)) {
      NodeConfig config = ConfigReader.parse("f.yaml", ofPeer(own, both), false);
      assertThat(config.raft().tls()).isNotNull();
    }
  }

  @Test
  void peer_withoutCa_refused() {
    assertFault(
        file(INSECURE, "127.0.0.1", INSECURE, "tls: {" + own(MADE.node) + "}"),
        "listeners.peer.tls.ca: is missing");
  }

  // Peers always show certificates: there is nothing to choose.
  @Test
  void peer_clientAuth_unknown() {
    assertThat(
            faults(
                file(
                    INSECURE,
                    "127.0.0.1",
                    INSECURE,
                    "tls: {" + own(MADE.node) + ", ca: " + MADE.ca + ", client-auth: none}")))
        .anySatisfy(
            f ->
                assertThat(f)
                    .contains(
                        "listeners.peer.tls.client-auth: is unknown; known here: certificate,"
                            + " key, ca"));
  }
}
