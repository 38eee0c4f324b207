package dev.tallygate.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class MainTest {
  @Test
  void noSubcommand_usageError() {
    StringWriter err = new StringWriter();

    int exitCode = Main.commandLine().setErr(new PrintWriter(err)).execute();

    assertThat(exitCode).isEqualTo(CommandLine.ExitCode.USAGE);
    assertThat(err.toString()).contains("a subcommand is missing");
  }

  @Test
  void wrongOption_isNamedLastWithWhereTheHelpIs() {
    StringWriter err = new StringWriter();

    int exitCode =
        Main.commandLine().setErr(new PrintWriter(err)).execute("pool", "list", "--limt", "5");

    assertThat(exitCode).isEqualTo(CommandLine.ExitCode.USAGE);
    assertThat(err.toString().lines().toList())
        .startsWith("Unknown option: '--limt'")
        .endsWith("See `tallygate pool list --help`.");
  }
}
