package dev.tallygate.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tallygate.raft.RaftNodeConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigReaderTest {
  private static final String MINIMAL =
      """
      node:
        id: a
      cluster:
        id: 3f0c9b52-6f0e-4f6f-9a55-9d2f1f3b7c01
      storage:
        dir: /data
      peers:
        - {id: a, peer: "127.0.0.1:1003", data: "127.0.0.1:1001", admin: "127.0.0.1:1002"}
      listeners:
        data: {address: "127.0.0.1:1001", insecure: true}
        admin: {address: "127.0.0.1:1002", insecure: true}
        peer: {address: "127.0.0.1:1003", insecure: true}
        http: {address: "127.0.0.1:1004", insecure: true}
      """;

  private static Path reference() {
    return Path.of(System.getProperty("tallygate.home"), "ops/config/tallygate.yaml");
  }

  private static List<String> faults(String text) {
    ConfigException refused =
        catchThrowableOfType(
            ConfigException.class, () -> ConfigReader.parse("f.yaml", text, false));
    assertThat(refused).as("refused").isNotNull();
    return refused.faults();
  }

  @Test
  void minimalFile_restIsDefault() throws ConfigException {
    NodeConfig config = ConfigReader.parse("f.yaml", MINIMAL, false);

    assertThat(config.nodeId()).isEqualTo("a");
    assertThat(config.storage().tablesDir()).isEqualTo(Path.of("/data/tables"));
    assertThat(config.limits()).isEqualTo(LimitsConfig.DEFAULT);
    assertThat(config.self().data()).hasToString("127.0.0.1:1001");
    assertThat(config.raft().mayFormat()).isFalse();
  }

  // Every key of the reference file states the default, so a reader of the file knows what happens
  // without it.
  @Test
  void referenceFile_statesTheDefaults() throws ConfigException {
    NodeConfig config = ConfigReader.read(reference(), false);

    assertThat(config.limits()).isEqualTo(LimitsConfig.DEFAULT);
    assertThat(config.bounds()).isEqualTo(BoundsConfig.DEFAULT);
    assertThat(config.clock()).isEqualTo(ClockConfig.DEFAULT);
    assertThat(config.health()).isEqualTo(HealthConfig.DEFAULT);
    assertThat(config.metrics()).isEqualTo(MetricsConfig.DEFAULT);
    assertThat(config.traces()).isEqualTo(TracesConfig.OFF);
    RaftNodeConfig raft = config.raft();
    assertThat(raft)
        .isEqualTo(
            RaftNodeConfig.of(
                raft.nodeId(),
                raft.clusterId(),
                raft.peers(),
                raft.storageDir(),
                builder -> builder.mayFormat = false));
  }

  @Test
  void referenceFile_hasEveryKey() throws Exception {
    String text = Files.readString(reference());
    List<String> known = new ArrayList<>();
    for (String section :
        List.of(
            "limits", "bounds", "clock", "health", "metrics", "traces", "raft", "storage",
            "node")) {
      String renamed = MINIMAL.replace(section + ":", section + "-was:") + section + ": {x: 1}\n";
      String unknown = ": " + section + ".x: is unknown; known here: ";
      for (String fault : faults(renamed)) {
        int at = fault.indexOf(unknown);
        if (at >= 0) known.addAll(List.of(fault.substring(at + unknown.length()).split(", ", -1)));
      }
    }
    assertThat(known).hasSizeGreaterThan(50);
    assertThat(known).allSatisfy(key -> assertThat(text).contains("  " + key + ": "));
  }

  static List<String> numericKeys() throws Exception {
    List<String> keys = new ArrayList<>();
    String section = "";
    for (String line : Files.readAllLines(reference())) {
      Matcher head = Pattern.compile("([a-z]+):").matcher(line);
      if (head.matches()) section = head.group(1);
      Matcher key = Pattern.compile(" {2}([a-z-]+): [0-9]+").matcher(line);
      if (key.matches()) keys.add(section + "." + key.group(1));
    }
    assertThat(keys).hasSizeGreaterThan(50);
    return keys;
  }

  @ParameterizedTest
  @MethodSource("numericKeys")
  void number_belowItsRange_refusedByKeyAndLine(String path) {
    String section = path.substring(0, path.indexOf('.'));
    String key = path.substring(path.indexOf('.') + 1);

    assertThat(faults(MINIMAL + section + ":\n  " + key + ": -1\n"))
        .anySatisfy(fault -> assertThat(fault).startsWith("f.yaml:15: " + path + ": "));
  }

  @ParameterizedTest
  @MethodSource("numericKeys")
  void number_notANumber_refusedByKeyAndLine(String path) {
    String section = path.substring(0, path.indexOf('.'));
    String key = path.substring(path.indexOf('.') + 1);

    assertThat(faults(MINIMAL + section + ":\n  " + key + ": soon\n"))
        .contains("f.yaml:15: " + path + ": `soon` is not a whole number");
  }

  @ParameterizedTest
  @ValueSource(strings = {"node", "cluster", "storage", "peers", "listeners"})
  void section_missing_refused(String section) {
    assertThat(faults(MINIMAL.replace(section + ":", "limits:")))
        .anySatisfy(fault -> assertThat(fault).contains(": " + section).contains("is missing"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "id: a                | id: ''                 | node.id: is missing",
        "id: 3f0c9b52-6f0e-4f6f-9a55-9d2f1f3b7c01 | id: acme | cluster.id: `acme` is not a UUID",
        "dir: /data           | dir: data              | storage.dir: `data` is not an absolute path",
        "dir: /data           | {dir: /a/b, tables-dir: /a} | holds storage.dir",
        "127.0.0.1:1001\", ins| 0.0.0.0:1001\", ins    | listeners.data.address: `0.0.0.0:1001` is not a loopback address",
        "1001\", insecure: true| 1001\"                | listeners.data.insecure: must be written as `true`",
        "1001\", insecure: true| 1001\", insecure: yes | listeners.data.insecure: `yes` is neither true nor false",
        "1004\", insecure: true| 1004\", insecure: true, tls: {key: a} | listeners.http.tls: metrics and health have no TLS",
        "{address: \"127.0.0.1:1002\"| {address: \"127.0.0.1:1001\" | listeners.admin.address: `127.0.0.1:1001` is taken",
        "{address: \"127.0.0.1:1001\"| {address: \"127.0.0.1\" | listeners.data.address: `127.0.0.1` is not host:port",
        "{address: \"127.0.0.1:1001\"| {address: \"127.0.0.1:70000\" | listeners.data.address: `127.0.0.1:70000` is not host:port",
        "{id: a,              | {id: a b,              | id: `a b` is not 1-64 of",
        "{id: a, peer         | {id: a, colour: red, peer | peers[0].colour: is unknown; known here: id, peer, data, admin",
      })
  void value_wrong_refusedByKey(String good, String bad, String fault) {
    assertThat(MINIMAL).contains(good);
    String text = MINIMAL.replace(good, bad).replace("  {dir", "  dir: /a/b\n  tables-dir: /a\n#");

    assertThat(faults(text)).anySatisfy(found -> assertThat(found).contains(fault));
  }

  @Test
  void nodeId_notAPeer_refused() {
    assertThat(faults(MINIMAL.replace("  id: a\n", "  id: b\n")))
        .anySatisfy(found -> assertThat(found).contains("node.id `b` is not among peers"));
  }

  @Test
  void keys_unknown_allNamedWithTheirLines() {
    assertThat(faults(MINIMAL + "limts: {}\nlimits:\n  messages: 5\n"))
        .anySatisfy(f -> assertThat(f).startsWith("f.yaml:14: limts: is unknown; known here: node"))
        .anySatisfy(f -> assertThat(f).startsWith("f.yaml:16: limits.messages: is unknown"));
  }

  @Test
  void faults_many_allNamedAtOnceInTheOrderOfTheFile() {
    List<String> faults =
        faults(
            MINIMAL.replace("id: a\n", "id: a/b\n")
                + "limits:\n  call-timeout-ms: 1\n  event-loops: 0\nraft:\n"
                + "  election-timeout-min-ms: 1\n  election-timeout-max-ms: 0\n  queue-wait-ms: 1\n");

    assertThat(faults)
        .anySatisfy(f -> assertThat(f).startsWith("f.yaml:15: limits.call-timeout-ms: `1`"))
        .anySatisfy(f -> assertThat(f).startsWith("f.yaml:16: limits.event-loops: `0`"))
        .anySatisfy(f -> assertThat(f).startsWith("f.yaml:18: raft.election-timeout-min-ms: `1`"))
        .anySatisfy(f -> assertThat(f).startsWith("f.yaml:19: raft.election-timeout-max-ms: `0`"))
        .anySatisfy(f -> assertThat(f).startsWith("f.yaml:20: raft.queue-wait-ms: `1`"));
  }

  @Test
  void bound_brokenByAnotherKey_blamesThatKey() {
    assertThat(faults(MINIMAL + "raft:\n  election-timeout-min-ms: 5000\n"))
        .singleElement()
        .asString()
        .startsWith(
            "f.yaml:15: raft.election-timeout-min-ms: with it, raft.election-timeout-max-ms");
  }

  @Test
  void bound_brokenByAnotherKey_blamesNoKeyBesideIt() {
    assertThat(faults(MINIMAL + "raft:\n  no-leader-ms: 6000\n  batch-bytes-max: 8192\n"))
        .singleElement()
        .asString()
        .startsWith("f.yaml:16: raft.batch-bytes-max: with it, raft.command-bytes-max");
  }

  @Test
  void keysThatBelongTogether_bothGiven_accepted() throws ConfigException {
    NodeConfig config =
        ConfigReader.parse(
            "f.yaml",
            MINIMAL + "raft:\n  election-timeout-min-ms: 5_000\n  election-timeout-max-ms: 9_000\n",
            false);

    assertThat(config.raft().electionTimeoutMinMs()).isEqualTo(5_000);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "node: {id: a}\\nnode: {id: b} | f.yaml:2: file: the key `node` occurs twice",
        "- a                           | f.yaml:1: file: the file must hold keys and values",
        "a: [                          | f.yaml:1: file: is not YAML",
        "a: &x 1\\nb: *x               | tags and aliases are not allowed",
        "a: 1\\n---\\nb: 2             | only one document is allowed",
      })
  void text_notPlainYaml_refusedWithItsLine(String text, String fault) {
    assertThat(faults(text.replace("\\n", "\n")))
        .anySatisfy(found -> assertThat(found).contains(fault));
  }

  @Test
  void emptyFile_namesWhatIsMissing() {
    assertThat(faults("")).anySatisfy(f -> assertThat(f).contains("node.id: is missing"));
  }

  @Test
  void peers_six_refused() {
    StringBuilder peers = new StringBuilder();
    for (int i = 0; i < 6; i++) {
      peers.append(
          "  - {id: n" + i + ", peer: 'h:" + (100 + i) + "', data: 'h:1', admin: 'h:2'}\n");
    }
    assertThat(faults(MINIMAL.replaceAll("  - .*\n", peers.toString())))
        .anySatisfy(f -> assertThat(f).contains("6` given, 1-5 allowed"));
  }

  @Test
  void file_absent_refused(@org.junit.jupiter.api.io.TempDir Path dir) {
    assertThatThrownBy(() -> ConfigReader.read(dir.resolve("none.yaml"), false))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("none.yaml: cannot be read");
  }

  @Test
  void traces_readWithTheirRatio() throws ConfigException {
    String traces = "traces: {otlp-endpoint: 'http://127.0.0.1:4318', sample-ratio: 0.25}\n";

    assertThat(ConfigReader.parse("f.yaml", MINIMAL + traces, false).traces())
        .isEqualTo(new TracesConfig(java.net.URI.create("http://127.0.0.1:4318"), 0.25));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "otlp-endpoint: 'localhost:4318'|otlp-endpoint: `localhost:4318` is not http:// or https://",
        "otlp-endpoint: 'http://127.0.0.1'|otlp-endpoint: `http://127.0.0.1` is not http://",
        "otlp-endpoint: 'a b'|otlp-endpoint: `a b` is not an address",
        "otlp-endpoint: 'http://10.0.0.1:4318'|`http://10.0.0.1:4318` is plaintext to another machine",
        "otlp-endpoint: 'http://127.0.0.1:1', sample-ratio: 1.5|sample-ratio: `1.5` is not in 0-1",
        "otlp-endpoint: 'http://127.0.0.1:1', sample-ratio: -1|`-1` is not a number such as 0.01",
        "sample-ratio: 0.5|sample-ratio: traces nothing without `otlp-endpoint`",
      })
  void traces_faulty_namedWithKey(String keys, String fault) {
    assertThat(faults(MINIMAL + "traces: {" + keys + "}\n"))
        .singleElement()
        .asString()
        .startsWith("f.yaml:" + (MINIMAL.lines().count() + 1) + ": traces.")
        .contains(fault);
  }
}
