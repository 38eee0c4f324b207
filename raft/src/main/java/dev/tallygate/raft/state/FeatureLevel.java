package dev.tallygate.raft.state;

/**
 * What apply can execute. The state holds one level and executes that alone, on every replica
 * alike; it is raised by an entry once all voters report that they support it. An entry of a higher
 * level stops the node: it was written by a newer version.
 */
public final class FeatureLevel {
  /** metered and concurrent-session; holds; SetLimit; revocation. */
  public static final int FIRST = 1;

  /** The highest that this version executes. */
  public static final int SUPPORTED = FIRST;

  private FeatureLevel() {}
}
