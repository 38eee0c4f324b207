package dev.tallygate.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** That a command line with fewer commands answers as one with all of them. */
class CommandsTest {
  private static CommandLine lean(String... arguments) {
    return Main.commandLine(new Environment(Map.of()), arguments);
  }

  private static String printed(CommandLine commandLine, String... arguments) {
    StringWriter text = new StringWriter();
    PrintWriter writer = new PrintWriter(text);
    int exit = commandLine.setOut(writer).setErr(writer).execute(arguments);
    return exit + "\n" + text;
  }

  @Test
  void help_isThatOfAllCommands() {
    assertThat(printed(lean("--help"), "--help"))
        .isEqualTo(printed(Main.commandLine(), "--help"))
        .contains("allocate", "context");
  }

  @Test
  void wrongName_suggestsTheSame() {
    assertThat(printed(lean("allocat"), "allocat"))
        .isEqualTo(printed(Main.commandLine(), "allocat"))
        .contains("allocate");
  }

  @Test
  void name_makesThatCommandAlone() {
    assertThat(lean("pool", "list").getSubcommands().keySet()).containsExactly("pool");
  }

  @Test
  void fileOfArguments_canNameAnyCommand(@TempDir Path dir) throws Exception {
    Path file = Files.writeString(dir.resolve("arguments"), "validate --help\n");

    assertThat(printed(lean("@" + file), "@" + file)).contains("Usage: tallygate validate");
  }

  // The launcher makes its archive of this; a command that fails in it would fail every build.
  @Test
  void rehearsal_isPlayedToTheEnd() throws Exception {
    Rehearsal.main(new String[0]);
  }
}
