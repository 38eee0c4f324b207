package dev.tallygate.server.cli;

import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The variables of the environment. One that is empty counts as not set. */
record Environment(Map<String, String> variables) {
  Environment {
    variables = Map.copyOf(variables);
  }

  static Environment ofProcess() {
    return new Environment(System.getenv());
  }

  @Nullable String get(String name) {
    String value = variables.get(name);
    return value == null || value.isEmpty() ? null : value;
  }

  String get(String name, String otherwise) {
    String value = get(name);
    return value == null ? otherwise : value;
  }

  @Nullable Path path(String name) {
    String value = get(name);
    return value == null ? null : Path.of(value);
  }

  /** Where this user's configuration of this product is; null where nothing says whose it is. */
  @Nullable Path configFolder() {
    Path configs = path("XDG_CONFIG_HOME");
    // The XDG Base Directory Specification has relative paths ignored.
    if (configs == null || !configs.isAbsolute()) {
      Path home = path("HOME");
      if (home == null) return null;
      configs = home.resolve(".config");
    }
    return configs.resolve("tallygate");
  }
}
