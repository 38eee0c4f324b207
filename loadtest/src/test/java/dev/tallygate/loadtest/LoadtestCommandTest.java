package dev.tallygate.loadtest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tallygate.client.CliCommand;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class LoadtestCommandTest {
  @TempDir Path directory;

  private final LoadtestCommand command = new LoadtestCommand();
  private final CommandLine commandLine = new CommandLine(command);
  private final StringWriter err = new StringWriter();

  @Test
  void launcherFindsTheCommand() {
    assertThat(ServiceLoader.load(CliCommand.class))
        .hasAtLeastOneElementOfType(LoadtestCommand.class);
  }

  @Test
  void help_ofEachCommand_namesItsOptions() {
    assertThat(commandLine.getUsageMessage())
        .contains("--workload", "--against", "--html", "--quick", "kill", "failover", "million");
    assertThat(usage("kill")).contains("--rounds", "--seed", "over-grants");
    assertThat(usage("failover")).contains("--times");
    assertThat(usage("million")).contains("--leases");
    assertThat(usage("keepalive")).contains("--streams", "--per-message");
  }

  private String usage(String subcommand) {
    CommandLine found = Objects.requireNonNull(commandLine.getSubcommands().get(subcommand));
    return found.getUsageMessage();
  }

  @Test
  void plan_defaults_warmUpAtLeastFortySecondsAndWholeRunBelowFourMinutes() {
    commandLine.parseArgs();
    ComparePlan plan = command.plan();

    assertThat(plan.inFlight()).isEqualTo(512);
    assertThat(plan.warmUp()).isEqualTo(Duration.ofSeconds(40));
    Duration measured = plan.slice().plus(plan.singleSlice()).multipliedBy(3L * plan.rounds());
    Duration whole = plan.warmUp().plus(plan.peerWarmUp().multipliedBy(2)).plus(measured);
    assertThat(whole).isLessThan(Duration.ofMinutes(3).plusSeconds(30));
  }

  @Test
  void plan_quick_fewSeconds_andOptionsWin() {
    commandLine.parseArgs("--quick", "--rounds", "7", "--slice", "1.5s");
    ComparePlan plan = command.plan();

    assertThat(plan.warmUp()).isEqualTo(Duration.ofSeconds(4));
    assertThat(plan.rounds()).isEqualTo(7);
    assertThat(plan.slice()).isEqualTo(Duration.ofMillis(1_500));
  }

  @Test
  void badValues_usageErrorNamesValueAndRange() {
    assertUsageError("duration `10` is not like 40s or 2m", "--slice", "10");
    assertUsageError("--connections `0` is not within 1 to 256", "--connections", "0");
    assertUsageError("--rounds `0` is not within 1 to 10,000", "kill", "--rounds", "0");
    assertUsageError("--times `2000` is not within 1 to 1,000", "failover", "--times", "2000");
    assertUsageError("--leases `5` is not within", "million", "--leases", "5");
    assertUsageError(
        "--partitions `0` is not within 1 to 1,000,000", "million", "--partitions", "0");
    assertUsageError(
        "--partitions `2000` is not within 1 to 1,000",
        "million",
        "--leases",
        "1000",
        "--partitions",
        "2000");
    assertUsageError("expected one of [allocate, refuse]", "--workload", "renew");
  }

  private void assertUsageError(String message, String... arguments) {
    int exitCode = commandLine.setErr(new PrintWriter(err, true)).execute(arguments);
    assertThat(exitCode).isEqualTo(CommandLine.ExitCode.USAGE);
    assertThat(err.toString()).contains(message);
  }

  @Test
  void catalogs_areDocumentsOfOneKind() {
    assertThat(Catalogs.compare().split("---\n", -1)).hasSize(3);
    assertThat(Catalogs.million(5, 1)).contains("\n  limit: 5\n").doesNotContain("partition");
    assertThat(Catalogs.million(5, 2)).contains("\n  partitions-max: 2\n");
  }

  @Test
  void workDirectory_named_staysAndMustBeEmpty() throws Exception {
    WorkDirectory named = WorkDirectory.open(directory.resolve("run"));
    Files.writeString(named.path().resolve("file"), "x");
    named.discard();
    assertThat(named.path().resolve("file")).exists();

    assertThatThrownBy(() -> WorkDirectory.open(directory.resolve("run")))
        .hasMessageContaining("is not empty");
  }

  @Test
  void workDirectory_temporary_removedWithAllInIt() throws Exception {
    WorkDirectory temporary = WorkDirectory.open(null);
    Files.createDirectories(temporary.path().resolve("a/b"));
    temporary.discard();

    assertThat(temporary.path()).doesNotExist();
  }
}
