package dev.tallygate.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example in the README is one file that a reader runs: it has to compile as it stands. */
class SeatExampleTest {
  @TempDir Path dir;

  @Test
  void seat_compiles() throws Exception {
    Path source = Path.of(System.getProperty("tallygate.home"), "ops/examples/Seat.java");
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter messages = new StringWriter();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
      boolean compiled =
          compiler
              .getTask(
                  messages,
                  files,
                  null,
                  List.of("-proc:none", "--release", "21", "-d", dir.toString()),
                  null,
                  files.getJavaFileObjects(source))
              .call();

      assertThat(compiled).as(messages.toString()).isTrue();
    }
  }
}
