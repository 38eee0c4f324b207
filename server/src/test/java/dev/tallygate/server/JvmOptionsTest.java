package dev.tallygate.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Tests run with the JVM options of nodes. The launcher and the build read the same file. */
class JvmOptionsTest {
  private static final Path HOME = Path.of(System.getProperty("tallygate.home"));

  @Test
  void thisJvm_hasEveryOptionOfTheFile() throws IOException {
    List<String> options =
        Files.readAllLines(HOME.resolve("ops/config/jvm.options")).stream()
            .filter(line -> line.startsWith("-"))
            .toList();

    assertThat(options).isNotEmpty();
    assertThat(ManagementFactory.getRuntimeMXBean().getInputArguments()).containsAll(options);
  }

  @Test
  void launcher_readsTheFile() throws IOException {
    assertThat(Files.readString(HOME.resolve("tallygate")))
        .contains("\"@$home/ops/config/jvm.options\"");
  }
}
