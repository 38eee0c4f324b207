package dev.tallygate.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The page that leads from each rule to its tests names tests that exist. */
class RulesTableTest {
  private static final Pattern NAMED = Pattern.compile("`(\\w+Test)\\.(\\w+)`");

  @Test
  void everyTestThatThePageNames_exists() throws IOException {
    Path home = Path.of(System.getProperty("tallygate.home"));
    List<String> missing = new ArrayList<>();
    int named = 0;
    Matcher match = NAMED.matcher(Files.readString(home.resolve("ops/rules.md")));
    while (match.find()) {
      named++;
      String method = "void " + match.group(2) + "(";
      if (!source(home, match.group(1)).contains(method)) missing.add(match.group());
    }
    assertThat(missing).isEmpty();
    assertThat(named).isGreaterThan(50);
  }

  /** Empty where there is no such class among the tests. */
  private static String source(Path home, String testClass) throws IOException {
    for (String module : List.of("raft", "server")) {
      try (Stream<Path> files = Files.walk(home.resolve(module + "/src/test/java"))) {
        for (Path file : files.filter(f -> f.endsWith(testClass + ".java")).toList())
          return Files.readString(file);
      }
    }
    return "";
  }
}
