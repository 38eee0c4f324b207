package dev.tallygate.loadtest.peer;

/**
 * Log synchronizations of one node.
 *
 * @param setting what the node says is in effect
 * @param count since the node started
 */
public record NodeFsyncs(String node, String setting, long count) {
  @Override
  public String toString() {
    return node + ", " + setting + ", " + count + " fsyncs";
  }
}
