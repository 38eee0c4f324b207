package dev.tallygate.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tallygate.proto.v1.GetPoolRequest;
import dev.tallygate.proto.v1.GetPoolResponse;
import dev.tallygate.proto.v1.LicensingServiceGrpc;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How contexts are kept, and which cluster a command asks. */
class ContextCommandTest {
  /** Nobody listens here. */
  private static final String DEAD = "127.0.0.1:1";

  @TempDir Path configs;
  private final Map<String, String> environment = new HashMap<>();
  private final FakePools pools = new FakePools();
  private StringWriter out = new StringWriter();
  private StringWriter err = new StringWriter();
  private Server server;
  private String live;

  private static final class FakePools extends LicensingServiceGrpc.LicensingServiceImplBase {
    final List<String> tenants = new ArrayList<>();

    @Override
    public void getPool(GetPoolRequest request, StreamObserver<GetPoolResponse> reply) {
      tenants.add(request.getTenant());
      reply.onNext(GetPoolResponse.getDefaultInstance());
      reply.onCompleted();
    }
  }

  @BeforeEach
  void start() throws Exception {
    environment.put("XDG_CONFIG_HOME", configs.toString());
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(pools)
            .build()
            .start();
    live = "127.0.0.1:" + server.getPort();
  }

  @AfterEach
  void stop() {
    server.shutdownNow();
  }

  private int run(String... arguments) {
    out = new StringWriter();
    err = new StringWriter();
    return Main.commandLine(new Environment(environment))
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(err))
        .execute(arguments);
  }

  private void set(String... arguments) {
    List<String> all = new ArrayList<>(List.of("context", "set"));
    all.addAll(List.of(arguments));
    assertThat(run(all.toArray(String[]::new))).as(err.toString()).isZero();
  }

  private Path file() {
    return configs.resolve("tallygate/contexts.yaml");
  }

  private int ask(String... options) {
    return askFor(10_000, options);
  }

  /** Where nobody answers, a command tries for as long as it may. */
  private int askInVain(String... options) {
    return askFor(300, options);
  }

  private int askFor(int timeoutMs, String... options) {
    List<String> all =
        new ArrayList<>(List.of("pool", "get", "cad", "--timeout-ms", String.valueOf(timeoutMs)));
    all.addAll(List.of(options));
    return run(all.toArray(String[]::new));
  }

  @Test
  void set_isKeptForItsUserAlone() throws Exception {
    set("try", "--target", live, "--admin", DEAD, "--tenant", "acme");

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
        .isEqualTo("rw-------");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file().getParent())))
        .isEqualTo("rwx------");
    assertThat(run("context", "show", "try", "--json")).isZero();
    assertThat(out.toString())
        .isEqualTo(
            "{\"name\":\"try\",\"current\":false,\"targets\":[\"%s\"],\"admin\":[\"%s\"],\"tenant\":\"acme\",\"insecure\":false,\"file\":\"%s\"}\n"
                .formatted(live, DEAD, file()));
  }

  @Test
  void set_changesWhatIsGivenAndForgetsWhatIsEmpty() {
    set("try", "--target", live + "," + DEAD, "--admin", DEAD, "--tenant", "acme");
    set("try", "--tenant", "", "--admin", "");

    assertThat(run("context", "list", "--json")).isZero();
    assertThat(out.toString())
        .contains("\"targets\":[\"" + live + "\",\"" + DEAD + "\"],\"admin\":[],\"tenant\":\"\"");
  }

  @Test
  void list_marksTheOneInUse() {
    set("one", "--target", "127.0.0.1:1");
    set("two", "--target", "127.0.0.1:2", "--use");

    assertThat(run("context", "list")).isZero();
    assertThat(out.toString().lines().map(line -> line.replaceAll(" +", " ").strip()))
        .containsExactly(
            "NAME TARGETS ADMIN TENANT TLS",
            "one 127.0.0.1:1 - - plaintext",
            "* two 127.0.0.1:2 - - plaintext");
  }

  @Test
  void remove_forgetsItAndThatItWasInUse() {
    set("try", "--target", live, "--use");
    assertThat(run("context", "remove", "try")).isZero();

    assertThat(run("context", "list")).isZero();
    assertThat(err.toString()).contains("There are none");
    assertThat(run("context", "show")).isEqualTo(CliExit.USAGE.number());
    assertThat(err.toString()).contains("no context is in use");
  }

  @Test
  void set_plaintextElsewhere_refusedUnlessInsecureIsSaid() {
    assertThat(run("context", "set", "prod", "--target", "192.0.2.1:7420"))
        .isEqualTo(CliExit.USAGE.number());
    assertThat(err.toString()).contains("targets: `192.0.2.1:7420` is not a loopback address");
    assertThat(file()).doesNotExist();

    set("prod", "--target", "192.0.2.1:7420", "--insecure");
  }

  @Test
  void set_wrong_saysWhatIsAllowed() {
    assertThat(run("context", "set", "a b", "--target", live)).isEqualTo(CliExit.USAGE.number());
    assertThat(err.toString()).contains("NAME `a b` is not 1-63 letters");
    assertThat(run("context", "set", "a")).isEqualTo(CliExit.USAGE.number());
    assertThat(err.toString()).contains("a new context needs --target HOST:PORT");
    assertThat(run("context", "set", "a", "--target", "nowhere")).isEqualTo(CliExit.USAGE.number());
    assertThat(err.toString()).contains("`nowhere` is not host:port");
    assertThat(run("context", "set", "a", "--target", live, "--tls-ca", "/none.crt"))
        .isEqualTo(CliExit.USAGE.number());
    assertThat(err.toString()).contains("--tls-ca ").contains("/none.crt");
    assertThat(file()).doesNotExist();
  }

  @Test
  void commands_askTheContextThatIsNamed_elseTheOneInUse() {
    set("live", "--target", live, "--tenant", "acme");
    set("dead", "--target", DEAD, "--use");

    assertThat(ask("--context", "live")).as(err.toString()).isZero();
    assertThat(askInVain()).isEqualTo(CliExit.UNAVAILABLE.number());
    assertThat(err.toString()).contains("The address is of context `dead` of " + file());
    environment.put("TALLYGATE_CONTEXT", "live");
    assertThat(ask()).isZero();
    assertThat(ask("--tenant", "other")).isZero();
    assertThat(pools.tenants).containsExactly("acme", "acme", "other");
  }

  @Test
  void optionsAndEnvironment_winOverTheContextInUse() {
    set("dead", "--target", DEAD, "--use");

    assertThat(ask("--target", live)).isZero();
    environment.put("TALLYGATE_TARGET", live);
    assertThat(ask()).isZero();
    assertThat(askInVain("--context", "dead")).isEqualTo(CliExit.UNAVAILABLE.number());
  }

  @Test
  void severalTargets_areTriedInTurn() {
    set("try", "--target", DEAD + "," + live);

    assertThat(ask("--context", "try")).isZero();
  }

  @Test
  void contextAndFolder_orTwoOfTheEnvironment_refused() {
    set("live", "--target", live);

    assertThat(ask("--context", "live", "--dir", "x")).isEqualTo(CliExit.USAGE.number());
    assertThat(err.toString()).contains("give --dir or --context, not both");
    environment.put("TALLYGATE_CONTEXT", "live");
    environment.put("TALLYGATE_TARGET", live);
    assertThat(ask()).isEqualTo(CliExit.USAGE.number());
    assertThat(err.toString()).contains("both TALLYGATE_CONTEXT and TALLYGATE_TARGET are set");
  }

  @Test
  void unknownName_saysWhichThereAre() {
    set("live", "--target", live);

    assertThat(ask("--context", "life")).isEqualTo(CliExit.USAGE.number());
    assertThat(err.toString())
        .contains("there is no context `life` in " + file() + "; there are live");
  }

  @Test
  void noAdmin_namesFileAndKey() {
    set("live", "--target", live);

    assertThat(run("status", "--context", "live")).isEqualTo(CliExit.USAGE.number());
    assertThat(err.toString())
        .contains(file() + ": contexts.live.admin: is missing")
        .contains("tallygate context set live --admin HOST:PORT");
  }

  @Test
  void addressElsewhere_underAPlaintextContext_refused() {
    set("live", "--target", live, "--use");

    assertThat(ask("--target", "192.0.2.1:7420")).isEqualTo(CliExit.USAGE.number());
    assertThat(err.toString())
        .contains("--target `192.0.2.1:7420` is not a loopback address, and context `live`");
  }

  @Test
  void missingCertificate_namesFileAndKey() throws Exception {
    Files.createDirectories(file().getParent());
    Files.writeString(
        file(), "contexts: {prod: {targets: ['192.0.2.1:1'], tls: {ca: gone.crt}}}\n");

    assertThat(ask("--context", "prod")).isEqualTo(CliExit.USAGE.number());
    assertThat(err.toString())
        .contains(file() + ": contexts.prod.tls.ca")
        .contains(file().resolveSibling("gone.crt").toString());
  }

  @Test
  void faultyFile_isNamedAndLeftAsItIs() throws Exception {
    Files.createDirectories(file().getParent());
    Files.writeString(file(), "contexts:\n  a: {speed: 9}\n");

    assertThat(ask()).isEqualTo(CliExit.FAILED.number());
    assertThat(err.toString())
        .contains(file() + ":2: contexts.a.speed: is unknown")
        .contains("contexts.a.targets");
    assertThat(run("context", "set", "b", "--target", live)).isEqualTo(CliExit.FAILED.number());
    assertThat(file()).hasContent("contexts:\n  a: {speed: 9}\n");
  }

  @Test
  void fileThatOthersMayWrite_refused() throws Exception {
    set("live", "--target", live, "--use");
    Files.setPosixFilePermissions(file(), PosixFilePermissions.fromString("rw-rw-r--"));

    assertThat(ask()).isEqualTo(CliExit.FAILED.number());
    assertThat(err.toString()).contains("others may write it").contains("chmod 600 " + file());
  }

  @Test
  void nobodysHome_commandsWorkAndContextsCannotBeKept() {
    environment.clear();

    assertThat(ask("--target", live)).isZero();
    assertThat(run("context", "set", "live", "--target", live)).isEqualTo(CliExit.FAILED.number());
    assertThat(err.toString()).contains("neither XDG_CONFIG_HOME nor HOME");
  }
}
