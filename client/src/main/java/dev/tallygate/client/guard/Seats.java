package dev.tallygate.client.guard;

import dev.tallygate.client.Ask;
import dev.tallygate.client.Tallygate;
import java.util.HashMap;
import java.util.Map;

/**
 * What the calls of one server hold. No more than one session for each question at a time: a second
 * allocation of the same key would fence the first. Thread-safe.
 */
final class Seats {
  private final Tallygate tallygate;
  private final Map<Ask, Seat> shared = new HashMap<>();

  Seats(Tallygate tallygate) {
    this.tallygate = tallygate;
  }

  /** For one call. */
  Seat own(Ask ask) {
    Seat seat = new Seat(empty -> {});
    seat.enter();
    seat.ask(tallygate, ask);
    return seat;
  }

  /** For one more call; asked for only where nobody has it. */
  Seat shared(Ask ask) {
    Seat seat;
    synchronized (this) {
      seat = shared.get(ask);
      if (seat != null && seat.enter()) return seat;
      seat = new Seat(empty -> remove(ask, empty));
      seat.enter();
      shared.put(ask, seat);
    }
    seat.ask(tallygate, ask);
    return seat;
  }

  private synchronized void remove(Ask ask, Seat seat) {
    shared.remove(ask, seat);
  }

  synchronized int sharedCount() {
    return shared.size();
  }
}
