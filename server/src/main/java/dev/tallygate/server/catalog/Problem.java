package dev.tallygate.server.catalog;

import dev.tallygate.server.Shown;

/**
 * What is wrong with a catalog's text, and where to mend it.
 *
 * @param file as its reader names it; empty where there is only one text
 * @param line from 1
 * @param column from 1
 * @param key path of the key, for example {@code lease.ttl}; empty where the text is no YAML
 */
public record Problem(String file, int line, int column, String key, String what) {

  Problem(int line, int column, String key, String what) {
    this("", line, column, key, what);
  }

  Problem in(String of) {
    return new Problem(of, line, column, key, what);
  }

  /** {@code FILE:LINE:COLUMN: KEY: WHAT}, as a compiler says it; harmless to show. */
  @Override
  public String toString() {
    return (file.isEmpty() ? "" : Shown.text(file) + ":")
        + line
        + ":"
        + column
        + ": "
        + Shown.text((key.isEmpty() ? "" : key + ": ") + what);
  }
}
