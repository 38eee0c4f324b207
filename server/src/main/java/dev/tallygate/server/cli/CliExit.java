package dev.tallygate.server.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/** With what the short commands end; the help of each says it. */
enum CliExit {
  /** Done. */
  OK(0),
  /** Failed; a retry of the same command is of no use until something is changed. */
  FAILED(1),
  /** The command line is wrong. */
  USAGE(2),
  /** An answer, and it is no: refused, ended, or not intact. */
  NO(3),
  /** The cluster could not be reached or has no leader; nothing happened. Try again. */
  UNAVAILABLE(4),
  /** What became of the call is unknown: send the same request again, as the message says. */
  UNKNOWN(5);

  private static final String HEADING = "%nExit codes:%n";
  private static final Map<String, String> SHORT = new LinkedHashMap<>();

  static {
    SHORT.put("0", "done");
    SHORT.put("1", "failed; see the message");
    SHORT.put("2", "the command line is wrong");
    SHORT.put("3", "an answer, and it is no");
    SHORT.put("4", "the cluster cannot be reached or is overloaded; nothing happened");
    SHORT.put("5", "the outcome is unknown: repeat it as the message says");
  }

  private final int number;

  CliExit(int number) {
    this.number = number;
  }

  int number() {
    return number;
  }

  /** Writes them into the help of whatever asks a node and does not say them itself. */
  static void describe(CommandSpec spec) {
    for (CommandLine sub : spec.subcommands().values()) describe(sub.getCommandSpec());
    boolean asks =
        spec.mixins().values().stream().anyMatch(mixin -> mixin.userObject() instanceof Target);
    if (asks && spec.usageMessage().exitCodeList().isEmpty()) {
      spec.usageMessage().exitCodeListHeading(HEADING).exitCodeList(SHORT);
    }
  }
}
