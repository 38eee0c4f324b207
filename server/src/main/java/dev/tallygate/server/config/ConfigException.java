package dev.tallygate.server.config;

import java.util.List;

/**
 * A configuration that a node refuses to start on. Names every fault that was found, each as {@code
 * file:line: key: what, and what is allowed}.
 */
public final class ConfigException extends Exception {
  private static final long serialVersionUID = 1;

  private final List<String> faults;

  ConfigException(List<String> faults) {
    super(String.join("\n", faults));
    this.faults = List.copyOf(faults);
  }

  /** In the order of the file; at least one. */
  @SuppressWarnings("serial") // An immutable list of strings.
  public List<String> faults() {
    return faults;
  }
}
