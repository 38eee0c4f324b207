package dev.tallygate.server.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tallygate.proto.v1.AllocateResponse;
import dev.tallygate.proto.v1.CatalogServiceGrpc;
import dev.tallygate.proto.v1.ClusterServiceGrpc;
import dev.tallygate.proto.v1.Grant;
import dev.tallygate.proto.v1.GrantKind;
import dev.tallygate.proto.v1.Granted;
import dev.tallygate.proto.v1.LedgerServiceGrpc;
import dev.tallygate.proto.v1.LicensingServiceGrpc;
import dev.tallygate.server.ExitCode;
import dev.tallygate.server.Shown;
import dev.tallygate.server.config.ConfigReader;
import dev.tallygate.server.config.FreePorts;
import dev.tallygate.server.config.NodeConfig;
import io.grpc.Server;
import io.grpc.ServiceDescriptor;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.TypeConversionException;

class CommandLineTest {
  @TempDir Path dir;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    return Main.commandLine()
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(err))
        .execute(arguments);
  }

  static Stream<String> everyCommand() {
    return names("", Main.commandLine()).filter(name -> !name.startsWith("loadtest"));
  }

  private static Stream<String> names(String prefix, CommandLine command) {
    return command.getSubcommands().entrySet().stream()
        .flatMap(
            sub -> {
              String name = (prefix + " " + sub.getKey()).strip();
              return Stream.concat(Stream.of(name), names(name, sub.getValue()));
            });
  }

  @ParameterizedTest
  @MethodSource("everyCommand")
  void help_ofEveryCommand_teaches(String name) {
    String[] words = (name + " --help").split(" ", -1);

    assertThat(run(words)).isZero();
    assertThat(out.toString()).contains("Usage: tallygate " + name);
    if (out.toString().contains("--timeout-ms")) assertThat(out.toString()).contains("Exit codes:");
  }

  @ParameterizedTest
  @CsvSource({
    "cluster, a verb is missing",
    "context, a verb is missing",
    "catalog, a verb is missing",
    "pool, a verb is missing",
    "lease, a verb is missing",
    "ledger, a verb is missing",
    "node, a verb is missing",
    "server, Missing required option: '--config=FILE'",
    "cluster up --dir x --nodes 9, --nodes `9` is not in 1-5",
    "allocate cad, Missing required option: '--subject=TYPE:ID'",
    "allocate cad --subject u --ttl soon, `soon` is not a duration",
    "allocate cad --subject u --request-id x, give both --request-id and --issued-at",
    "allocate cad --subject u --issued-at 2030-01-31T00:00:00Z, give both --request-id",
    "pool set-limit cad 5 --request-id x, give both --request-id and --issued-at",
    "pool set-limit cad, give either LIMIT",
    "pool set-limit cad 5 --clear, give either LIMIT",
    "pool set-limit cad 5 --until tomorrow, `tomorrow` is not an instant",
    "ledger trace, give either --lease or --request",
    "validate, name a file or folder",
    "apply, name a file or folder",
    "catalog show 0, VERSION is at least 1",
    "catalog show, Missing required parameter: 'VERSION'",
    "catalog rollback x, Invalid value",
    "nonsense, Unmatched argument",
  })
  void commandLine_wrong_usageError(String line, String message) {
    assertThat(run(line.split(" ", -1))).isEqualTo(CliExit.USAGE.number());
    assertThat(err.toString()).contains(message);
  }

  @Test
  void node_unreachable_saysWhatToDoNext() {
    int exit = run("status", "--admin", "127.0.0.1:1", "--timeout-ms", "300", "--json");

    assertThat(exit).isEqualTo(CliExit.UNAVAILABLE.number());
    assertThat(err.toString()).contains("Nothing answers at `127.0.0.1:1`").contains("--dir");
    assertThat(out.toString()).startsWith("{\"error\":{\"code\":\"UNAVAILABLE\"");
  }

  @Test
  void folder_withoutCluster_saysWhatToDoNext() {
    assertThat(run("cluster", "status", "--dir", dir.toString()))
        .isEqualTo(CliExit.FAILED.number());
    assertThat(err.toString()).contains("tallygate cluster up --dir " + dir);
  }

  @Test
  void server_faultyConfiguration_namesFaultsAndExitCode() throws Exception {
    Path file = Files.writeString(dir.resolve("node.yaml"), "node: {id: a}\nports: 1\n");

    assertThat(run("server", "--config", file.toString()))
        .isEqualTo(ExitCode.CONFIG_REFUSED.number());
    assertThat(err.toString())
        .contains(file + ":2: ports: is unknown")
        .contains("cluster.id: is missing");
  }

  @Test
  void cluster_setOfAWrongKey_refusedBeforeAnythingStarts() {
    int exit = run("cluster", "up", "--dir", dir.toString(), "--set", "limits.speed=9");

    assertThat(exit).isEqualTo(CliExit.USAGE.number());
    assertThat(err.toString()).contains("limits.speed: is unknown");
    assertThat(ClusterFile.path(dir)).doesNotExist();
  }

  @Test
  void demo_folderInUse_refusedBeforeAnythingStarts() throws Exception {
    Files.createFile(dir.resolve("cluster.json"));

    assertThat(run("demo", "--once", "--dir", dir.toString())).isEqualTo(CliExit.USAGE.number());
    assertThat(err.toString()).contains("`" + dir + "` is not empty").contains("a new folder");
    assertThat(dir.resolve("lock")).doesNotExist();
  }

  @Test
  void catalog_missingFile_saysWhatToDoNext() {
    Path file = dir.resolve("none.yaml");

    assertThat(run("catalog", "apply", "-f", file.toString())).isEqualTo(CliExit.FAILED.number());
    assertThat(err.toString()).contains("there is no file `" + file + "`").contains("--help");
  }

  @Test
  void catalogValidate_faults_allAtOnceByLineColumnAndKey() throws Exception {
    Path file = dir.resolve("faulty.yaml");
    Files.writeString(
        file,
        """
        apiVersion: tallygate.dev/v1
        kind: Entitlement
        metadata: {name: cad}
        spec:
          model: concurrent-session
          limit: -1
          lease: {ttl: 1x}
          colour: red
        """);

    assertThat(run("catalog", "validate", "-f", file.toString()))
        .isEqualTo(CliExit.FAILED.number());
    assertThat(out.toString().lines())
        .hasSize(3)
        .allMatch(line -> line.matches(".*faulty\\.yaml:[0-9]+:[0-9]+: spec\\..*"))
        .anyMatch(line -> line.contains(":6:") && line.contains("spec.limit"))
        .anyMatch(line -> line.contains("spec.lease.ttl"))
        .anyMatch(line -> line.contains("spec.colour"));
    out.getBuffer().setLength(0);
    run("catalog", "validate", "--json", "-f", file.toString());
    assertThat(out.toString()).contains("\"valid\":false").contains("\"line\":6");
  }

  @Test
  void catalogValidate_exampleOfTheRepository_isValid() {
    Path example = Path.of(System.getProperty("tallygate.home"), "ops/config/catalog.yaml");

    assertThat(run("catalog", "validate", "-f", example.toString())).isZero();
    assertThat(out.toString()).endsWith(": 5 entitlements, valid\n");
  }

  private static String entitlement(String name) {
    return "apiVersion: tallygate.dev/v1\nkind: Entitlement\nmetadata: {name: "
        + name
        + "}\nspec:\n  model: concurrent-session\n  limit: 1\n";
  }

  @Test
  void validate_folder_readsItsFilesAsOne() throws Exception {
    Files.createDirectories(dir.resolve("team/.hidden"));
    Files.writeString(dir.resolve("a.yaml"), entitlement("cad"));
    Files.writeString(dir.resolve("team/b.yml"), "# none\n");
    Files.writeString(dir.resolve("team/.hidden/c.yaml"), "limit: 1\n");
    Files.writeString(dir.resolve("notes.txt"), "limit: 1\n");

    assertThat(run("validate", dir.toString())).isZero();
    assertThat(out.toString()).isEqualTo("2 files together: 1 entitlements, valid\n");

    Files.writeString(dir.resolve("team/b.yml"), "# none\n" + entitlement("cad"));
    assertThat(run("validate", "-f", dir.toString())).isEqualTo(CliExit.FAILED.number());
    assertThat(out.toString())
        .contains(
            dir.resolve("team/b.yml")
                + ":2:1: metadata.name: the entitlement `cad` stands twice; first at "
                + dir.resolve("a.yaml")
                + ":1");
  }

  @Test
  void validate_folderWithoutFilesOrTooMany_refused() throws Exception {
    assertThat(run("validate", dir.toString())).isEqualTo(CliExit.FAILED.number());
    assertThat(err.toString()).contains("`" + dir + "` has no files *.yaml or *.yml");
    for (int i = 0; i <= CatalogFiles.FILES_MAX; i++) Files.createFile(dir.resolve(i + ".yaml"));
    assertThat(run("validate", dir.toString())).isEqualTo(CliExit.FAILED.number());
    assertThat(err.toString()).contains("there are more than 1000 files");
  }

  @Test
  void apply_faultyFiles_refusedBeforeANodeIsAsked() throws Exception {
    Path first = Files.writeString(dir.resolve("a.yaml"), "kind: Policy\n");
    Path second = Files.writeString(dir.resolve("b.yaml"), "x: [\n");

    for (String[] command : new String[][] {{"apply"}, {"catalog", "apply"}}) {
      List<String> words = new java.util.ArrayList<>(List.of(command));
      words.addAll(List.of(first.toString(), "-f", second.toString(), "--admin", "127.0.0.1:1"));
      assertThat(run(words.toArray(String[]::new))).isEqualTo(CliExit.FAILED.number());
    }
    assertThat(err.toString())
        .contains(first + ":1:1: kind: `Policy` is none of Entitlement")
        .contains(second + ":1:5: is not YAML")
        .doesNotContain("127.0.0.1");
  }

  @Test
  void plan_everyFailure_endsWithOne() throws Exception {
    Path faulty = Files.writeString(dir.resolve("a.yaml"), "kind: Policy\n");
    Path valid = Files.writeString(dir.resolve("b.yaml"), entitlement("cad"));

    assertThat(run("plan")).isEqualTo(1);
    assertThat(run("plan", "--nonsense")).isEqualTo(1);
    assertThat(run("plan", faulty.toString())).isEqualTo(1);
    assertThat(err.toString()).contains(faulty + ":1:1: kind: `Policy` is none of Entitlement");
    assertThat(run("plan", valid.toString(), "--admin", "127.0.0.1:1", "--timeout-ms", "300"))
        .isEqualTo(1);
    assertThat(err.toString()).contains("Nothing answers at `127.0.0.1:1`");
  }

  @Test
  void catalogSchema_printed_isTheFileOfTheRepository() throws Exception {
    Path file = Path.of(System.getProperty("tallygate.home"), "ops/config/catalog.schema.json");

    assertThat(run("catalog", "schema")).isZero();
    assertThat(out.toString()).isEqualTo(Files.readString(file));
  }

  @Test
  void cluster_folderCannotBeMade_oneLine() throws Exception {
    Path file = Files.createFile(dir.resolve("file"));

    assertThat(run("cluster", "up", "--dir", file.toString())).isEqualTo(CliExit.FAILED.number());
    assertThat(err.toString().strip()).contains("`" + file + "`").hasLineCount(1);
  }

  @Test
  void clusterFile_writtenAndRead_isTheSame() throws Exception {
    ClusterFile file =
        ClusterFile.choose(3, false).with(Map.of("bounds.pools-max", "7"), List.of("-Xmx600m"));
    file.write(dir);

    assertThat(ClusterFile.read(dir)).isEqualTo(file);
  }

  @Test
  void nodeYaml_withSets_isAValidConfiguration() throws Exception {
    ClusterFile file =
        ClusterFile.choose(3, false)
            .with(
                Map.of("bounds.pools-max", "7", "storage.tables-dir", "/dev/shm/x/{node}"),
                List.of());

    NodeConfig config =
        ConfigReader.parse(
            "test", NodeYaml.of(file, file.members().get(1), dir, ClusterFile.trial(dir)), false);

    assertThat(config.nodeId()).isEqualTo("node-2");
    assertThat(config.bounds().poolsMax()).isEqualTo(7);
    assertThat(config.storage().tablesDir()).isEqualTo(Path.of("/dev/shm/x/node-2"));
    assertThat(config.peers()).hasSize(3);
  }

  @Test
  void ports_found_areDistinctAndBelowTheOutgoingOnes() throws Exception {
    List<Integer> ports = FreePorts.find(20);

    assertThat(ports).doesNotHaveDuplicates().allMatch(port -> port >= 20_000 && port < 32_000);
  }

  @ParameterizedTest
  @CsvSource({"500ms,500", "90s,90000", "15m,900000", "1h,3600000", "2d,172800000"})
  void duration_withUnit_isRead(String text, long ms) {
    var duration = new Arguments.DurationArgument().convert(text);

    assertThat(duration.getSeconds() * 1_000 + duration.getNanos() / 1_000_000).isEqualTo(ms);
  }

  @Test
  void duration_withoutUnit_refused() {
    assertThatThrownBy(() -> new Arguments.DurationArgument().convert("90"))
        .isInstanceOf(TypeConversionException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "status",
        "allocate cad --subject user:ann",
        "allocate cad --subject user:ann --hold",
        "renew LEASE TOKEN",
        "release LEASE TOKEN",
        "commit LEASE TOKEN 1",
        "cancel LEASE TOKEN",
        "plan FILE",
        "apply FILE",
        "catalog get",
        "catalog show 1",
        "catalog history",
        "catalog rollback 1",
        "pool get cad",
        "pool list",
        "pool set-limit cad 5",
        "lease list",
        "lease revoke LEASE --reason test",
        "seat assign cad --subject user:ann",
        "seat unassign cad --subject user:ann --reason test",
        "label release L --reason test",
        "label block L --until 2030-01-31T00:00:00Z --reason test",
        "label list",
        "ledger read",
        "ledger tail",
        "ledger trace --lease LEASE",
        "ledger verify",
        "node status",
        "node snapshot",
        "node transfer-leadership",
      })
  void namesWithControlCharacters_areShownHarmless(String line) throws Exception {
    Path file = Files.writeString(dir.resolve("a.yaml"), entitlement("cad"));
    for (boolean fails : new boolean[] {false, true}) {
      NettyServerBuilder builder =
          NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      for (ServiceDescriptor service :
          List.of(
              LicensingServiceGrpc.getServiceDescriptor(),
              CatalogServiceGrpc.getServiceDescriptor(),
              LedgerServiceGrpc.getServiceDescriptor(),
              ClusterServiceGrpc.getServiceDescriptor()))
        builder.addService(HostileAnswers.of(service, fails));
      Server server = builder.build().start();
      try {
        String address = "127.0.0.1:" + server.getPort();
        List<String> words =
            new ArrayList<>(List.of(line.replace("FILE", file.toString()).split(" ", -1)));
        words.addAll(List.of("--target", address, "--admin", address, "--timeout-ms", "2000"));
        int exit = run(words.toArray(String[]::new));
        // A plan with changes ends with the same number as a command line that is wrong.
        if (!line.startsWith("plan"))
          assertThat(exit).as("%s: %s", line, err).isNotEqualTo(CliExit.USAGE.number());
      } finally {
        server.shutdownNow();
      }
      String shown = out + "" + err;
      assertThat(shown).isNotBlank();
      assertThat(shown.codePoints().filter(rune -> rune != '\n' && Shown.isHarmful(rune)))
          .as("%s", line)
          .isEmpty();
    }
  }

  @Test
  void namesWithControlCharactersInAFile_areShownHarmless() throws Exception {
    Path file =
        Files.writeString(
            dir.resolve("a.yaml"), entitlement("cad") + "\"\\e[2J\\u202E\": \"\\u009B\"\n");
    for (String command : List.of("validate", "plan", "apply")) {
      run(command, file.toString());
      assertThat(out + "" + err).contains("?[2J?");
      assertThat(
              (out + "" + err).codePoints().filter(rune -> rune != '\n' && Shown.isHarmful(rune)))
          .isEmpty();
    }
  }

  @Test
  void answer_asJson_hasNumbersAndShortNames() {
    AllocateResponse answer =
        AllocateResponse.newBuilder()
            .setGranted(
                Granted.newBuilder()
                    .addGrants(
                        Grant.newBuilder()
                            .setKind(GrantKind.GRANT_KIND_LEASE)
                            .setUnits(1L << 53)
                            .setTtl(com.google.protobuf.Duration.newBuilder().setSeconds(90))))
            .setRevision("r")
            .build();

    assertThat(Json.line(Json.of(answer)))
        .contains("\"kind\":\"LEASE\"")
        .contains("\"units\":9007199254740992")
        .contains("\"ttl_ms\":90000")
        .contains("\"revision\":\"r\"");
  }
}
