package dev.tallygate.server.junit;

import dev.tallygate.client.Allocation;
import dev.tallygate.client.Ask;
import dev.tallygate.client.Tallygate;
import java.io.IOException;

/** A process of its own that takes a seat and keeps it until it is killed. */
final class SeatHolder {
  static final String HELD = "held";

  private SeatHolder() {}

  /**
   * Says {@link #HELD}, or why not.
   *
   * @param args target, entitlement, user, session
   */
  public static void main(String[] args) throws IOException {
    try (Tallygate tallygate = Tallygate.connect(args[0]);
        Allocation seat =
            tallygate.allocate(Ask.of(args[1]).subject("user", args[2]).session(args[3]))) {
      System.out.println(seat.isLive() ? HELD : seat.toString());
      // Until the test kills this process, or is over itself.
      int read = 0;
      while (read >= 0) read = System.in.read();
    }
  }
}
