package dev.tallygate.rules.planted.lower;

/** Named as a door by the test. */
public final class Door {
  /** Makes {@link Mentioned} public for a reason. */
  public Mentioned open() {
    return new Mentioned();
  }
}
