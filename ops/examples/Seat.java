import dev.tallygate.client.Allocation;
import dev.tallygate.client.Ask;
import dev.tallygate.client.Lease;
import dev.tallygate.client.Tallygate;

/** Takes one seat of an entitlement, says what came of it, and gives it back. */
public final class Seat {
  public static void main(String[] args) {
    if (args.length != 2) {
      System.err.println("usage: Seat DATA-ADDRESS ENTITLEMENT; `cluster status` shows addresses");
      System.exit(2);
    }
    Ask ask = Ask.of(args[1]).subject("user", "alice").session("laptop");
    try (Tallygate tallygate = Tallygate.connect(args[0]);
        Allocation seat = tallygate.allocate(ask)) {
      if (seat instanceof Lease lease) {
        System.out.println("granted, free: " + lease.free());
        // Work goes here, for as long as lease.isLive(). It renews itself.
      } else {
        System.out.println(seat);
      }
    }
  }
}
