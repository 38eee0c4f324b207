package dev.tallygate.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a shell makes of the script: asked as bash asks when a key is pressed. */
class CompletionCommandTest {
  @TempDir Path dir;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    return Main.commandLine()
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(err))
        .execute(arguments);
  }

  private Path script() throws Exception {
    assertThat(run("completion", "bash")).isZero();
    return Files.writeString(dir.resolve("completion.bash"), out.toString());
  }

  private static List<String> bash(String... arguments) throws Exception {
    ProcessBuilder builder = new ProcessBuilder("bash", "--norc");
    builder.command().addAll(List.of(arguments));
    Process process = builder.redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(output).isZero();
    return output.lines().toList();
  }

  @Test
  void bashScript_isValid() throws Exception {
    assertThat(bash("-n", script().toString())).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "tallygate al, allocate",
    "tallygate context u, use",
    "tallygate pool set-limit --un, --until",
    "tallygate completion z, zsh",
  })
  void bash_completesCommandsOptionsAndWords(String typed, String wanted) throws Exception {
    List<String> words = List.of(typed.split(" ", -1));
    String ask =
        "source '%s'; COMP_WORDS=(%s); COMP_CWORD=%d; _complete_tallygate; printf '%%s\\n' \"${COMPREPLY[@]}\""
            .formatted(script(), typed, words.size() - 1);

    assertThat(bash("-c", ask)).map(String::strip).contains(wanted);
  }

  @Test
  void zshScript_loadsWhatBashHasBuiltIn() {
    assertThat(run("completion", "zsh")).isZero();
    assertThat(out.toString()).startsWith("autoload -Uz compinit").contains("bashcompinit");
  }

  @Test
  void otherShell_refusedWithWhatIsKnown() {
    assertThat(run("completion", "fish")).isEqualTo(CliExit.USAGE.number());
    assertThat(err.toString()).contains("bash").contains("zsh");
  }
}
