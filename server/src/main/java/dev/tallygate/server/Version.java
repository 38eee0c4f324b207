package dev.tallygate.server;

/** What this build calls itself. */
public final class Version {
  private static final String TEXT = "0.1.0";

  private Version() {}

  /** Three numbers with dots. */
  public static String text() {
    return TEXT;
  }
}
