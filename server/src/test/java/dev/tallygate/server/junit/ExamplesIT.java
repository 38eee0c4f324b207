package dev.tallygate.server.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tallygate.client.Allocation;
import dev.tallygate.client.Ask;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * The examples of each language against a real node, as a reader runs them: stubs are generated
 * from the .proto files that the jar of the API carries.
 */
final class ExamplesIT {
  private static final Path HOME = Path.of(System.getProperty("tallygate.home"));
  private static final long RUN_S = 300;
  private static final int REFUSED = 3;

  @RegisterExtension
  final TallygateExtension node =
      TallygateExtension.withCatalog(
          """
          apiVersion: tallygate.dev/v1
          kind: Entitlement
          metadata: {name: editor}
          spec: {model: concurrent-session, limit: 2, lease: {ttl: 60s, grace: 1s}}
          """);

  @TempDir Path dir;
  private Path protos;

  /** A process that has ended. */
  private record Run(int exit, String out) {}

  @BeforeEach
  void unpackProtos() throws IOException {
    protos = Files.createDirectories(dir.resolve("protos"));
    for (String name : List.of("licensing", "question")) {
      String file = "tallygate/v1/" + name + ".proto";
      Path to = protos.resolve(file);
      Files.createDirectories(to.getParent());
      try (InputStream packaged = Ask.class.getResourceAsStream("/" + file)) {
        assertThat(packaged).as("packaged " + file).isNotNull();
        Files.copy(packaged, to);
      }
    }
  }

  @Test
  void java_grantedAndRefused() throws Exception {
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "@" + HOME.resolve("ops/config/jvm.options"),
            "-cp",
            System.getProperty("java.class.path"),
            HOME.resolve("ops/examples/Seat.java").toString(),
            node.target(),
            "editor");
    assertThat(run(HOME, Map.of(), command)).isEqualTo(new Run(0, "granted, free: 1\n"));
    try (Allocation one = other("bob");
        Allocation two = other("carol")) {
      assertThat(one.isLive() && two.isLive()).isTrue();
      assertThat(run(HOME, Map.of(), command).out())
          .startsWith("refused: EXHAUSTED, 2 of 2 are taken");
    }
  }

  @Test
  void python_grantedRenewedGivenBackAndRefused() throws Exception {
    String python = python();
    needs(python + " with ops/examples/python/requirements.txt", hasStubGenerator(python));
    Path example = copy("python");
    Run generated =
        run(
            example,
            Map.of(),
            List.of(
                python,
                "-m",
                "grpc_tools.protoc",
                "-I",
                protos.toString(),
                "--python_out=.",
                "--grpc_python_out=.",
                "tallygate/v1/licensing.proto",
                "tallygate/v1/question.proto"));
    assertThat(generated.exit()).as(generated.out()).isZero();
    bothWays(example, python, "seat.py");
  }

  @Test
  void go_grantedRenewedGivenBackAndRefused() throws Exception {
    String python = python();
    boolean protoc = runs("protoc", "--version");
    needs("go", runs("go", "version"));
    needs("protoc, or " + python + " with grpcio-tools", protoc || hasStubGenerator(python));
    Path example = copy("go");
    Map<String, String> environment =
        protoc ? Map.of() : Map.of("PROTOC", python + " -m grpc_tools.protoc");
    Run generated = run(example, environment, List.of("./generate", protos.toString()));
    assertThat(generated.exit()).as(generated.out()).isZero();
    Run built = run(example, Map.of(), List.of("go", "build", "-o", "bin/seat", "."));
    assertThat(built.exit()).as(built.out()).isZero();
    bothWays(example, "bin/seat");
  }

  private Allocation other(String user) {
    return node.tallygate().allocate(Ask.of("editor").subject("user", user).session("desk"));
  }

  private void bothWays(Path example, String... program) throws Exception {
    List<String> command = new ArrayList<>(List.of(program));
    if (program[0].startsWith("bin/")) command.set(0, example.resolve(program[0]).toString());
    command.addAll(List.of(node.target(), "editor", "alice", "laptop"));
    assertThat(run(example, Map.of(), command))
        .isEqualTo(new Run(0, "granted for 60 s, free: 1\nrenewed\ngiven back\n"));
    try (Allocation one = other("bob");
        Allocation two = other("carol")) {
      assertThat(one.isLive() && two.isLive()).isTrue();
      assertThat(run(example, Map.of(), command))
          .isEqualTo(new Run(REFUSED, "refused: EXHAUSTED, 2 of 2 taken\n"));
    }
  }

  /** The one that continuous integration makes, else the machine's. */
  private static String python() {
    Path own = HOME.resolve(".build/python/bin/python");
    return Files.isExecutable(own) ? own.toString() : "python3";
  }

  private boolean hasStubGenerator(String python) throws Exception {
    return runs(python, "-c", "import grpc, grpc_tools");
  }

  private boolean runs(String... command) throws Exception {
    try {
      return run(dir, Map.of(), List.of(command)).exit() == 0;
    } catch (IOException absent) {
      return false;
    }
  }

  private static void needs(String tool, boolean isThere) {
    if ("required".equals(System.getProperty("external"))) {
      assertThat(isThere).as("needs " + tool).isTrue();
    }
    assumeTrue(isThere, "needs " + tool);
  }

  private Path copy(String language) throws IOException {
    Path from = HOME.resolve("ops/examples").resolve(language);
    Path to = Files.createDirectories(dir.resolve(language));
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path copy = Files.copy(file, to.resolve(file.getFileName().toString()));
        if (Files.isExecutable(file)) assertThat(copy.toFile().setExecutable(true)).isTrue();
      }
    }
    return to;
  }

  private Run run(Path in, Map<String, String> environment, List<String> command)
      throws IOException, InterruptedException {
    Path out = Files.createTempFile(dir, "out", ".txt");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(in.toFile())
            .redirectErrorStream(true)
            .redirectOutput(out.toFile());
    builder.environment().putAll(environment);
    Process process = builder.start();
    try {
      if (!process.waitFor(RUN_S, TimeUnit.SECONDS)) {
        throw new AssertionError(command + " does not end: " + Files.readString(out));
      }
    } finally {
      process.destroyForcibly();
    }
    return new Run(process.exitValue(), Files.readString(out, StandardCharsets.UTF_8));
  }
}
