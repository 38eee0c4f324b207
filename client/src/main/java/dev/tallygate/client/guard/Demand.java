package dev.tallygate.client.guard;

import dev.tallygate.client.Ask;
import org.jspecify.annotations.Nullable;

/** What one call of a guarded server needs. Immutable. */
public final class Demand {
  private static final Demand NOTHING = new Demand(null, false);

  private final @Nullable Ask ask;
  private final boolean shared;

  private Demand(@Nullable Ask ask, boolean shared) {
    this.ask = ask;
    this.shared = shared;
  }

  /** The call is free. */
  public static Demand nothing() {
    return NOTHING;
  }

  /**
   * Units for this call alone. Of a meter they are charged, or, with {@link Ask#hold}, charged
   * where the call ends with OK and given back where it does not. A session is held for as long as
   * the call goes on, and needs a key that no other call has: the same key would fence the other
   * call.
   */
  public static Demand forCall(Ask ask) {
    return new Demand(ask, false);
  }

  /**
   * A session for all calls that ask the same: taken by the first of them, and given back when none
   * of them goes on. Its key has to name this process: another process that takes the same key
   * fences this one, and is fenced by it. What is no session, such as units of a meter, is taken
   * for each call.
   */
  public static Demand forSession(Ask ask) {
    return new Demand(ask, true);
  }

  @Nullable Ask ask() {
    return ask;
  }

  boolean isShared() {
    return shared;
  }
}
