package dev.tallygate.server.config;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The clusters that the command line of one person knows.
 *
 * @param current name of the one in use; empty where none is
 * @param contexts by name, in the order of the file
 */
public record ContextsConfig(String current, Map<String, ContextConfig> contexts) {

  /** How a context may be called. */
  public static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");

  public static final String NAME_FORM =
      "1-63 letters, digits, dots, dashes and underscores, a letter or digit first";

  private static final int CONTEXTS_MAX = 100;

  public ContextsConfig {
    contexts = Collections.unmodifiableMap(new LinkedHashMap<>(contexts));
    new Faults("")
        .check(
            "contexts",
            contexts.size() <= CONTEXTS_MAX,
            "`" + contexts.size() + "` are not in 0-" + CONTEXTS_MAX)
        .check(
            "current",
            current.isEmpty() || contexts.containsKey(current),
            "there is no context `" + current + "`")
        .raise();
  }
}
