package dev.tallygate.server.catalog;

/**
 * What is wrong with a catalog's text, and where to mend it.
 *
 * @param line from 1
 * @param column from 1
 * @param key path of the key, for example {@code lease.ttl}; empty where the text is no YAML
 */
public record Problem(int line, int column, String key, String what) {

  /** {@code LINE:COLUMN: KEY: WHAT}, as a compiler says it. */
  @Override
  public String toString() {
    return line + ":" + column + ": " + (key.isEmpty() ? "" : key + ": ") + what;
  }
}
