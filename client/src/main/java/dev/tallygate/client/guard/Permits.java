package dev.tallygate.client.guard;

import dev.tallygate.client.Ask;
import dev.tallygate.client.Tallygate;
import java.util.HashMap;
import java.util.Map;

/**
 * What the calls of one server hold. No more than one session for each question at a time: a second
 * allocation of the same key would fence the first. Thread-safe.
 */
final class Permits {
  private final Tallygate tallygate;
  private final Map<Ask, Permit> shared = new HashMap<>();

  Permits(Tallygate tallygate) {
    this.tallygate = tallygate;
  }

  /** For one call. */
  Permit own(Ask ask) {
    Permit permit = new Permit(empty -> {});
    permit.enter();
    permit.ask(tallygate, ask);
    return permit;
  }

  /** For one more call; asked for only where nobody has it. */
  Permit shared(Ask ask) {
    Permit permit;
    synchronized (this) {
      permit = shared.get(ask);
      if (permit != null && permit.enter()) return permit;
      permit = new Permit(empty -> remove(ask, empty));
      permit.enter();
      shared.put(ask, permit);
    }
    permit.ask(tallygate, ask);
    return permit;
  }

  private synchronized void remove(Ask ask, Permit permit) {
    shared.remove(ask, permit);
  }

  synchronized int sharedCount() {
    return shared.size();
  }
}
