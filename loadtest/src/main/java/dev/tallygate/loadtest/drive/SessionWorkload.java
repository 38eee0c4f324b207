package dev.tallygate.loadtest.drive;

import io.grpc.MethodDescriptor;
import java.util.SplittableRandom;

/**
 * Allocations that each open a session of its own, a thousand holders sharing them, over the
 * accounts in turn; counts grants.
 */
public final class SessionWorkload implements Workload {
  private static final int HOLDERS = 1_000;

  private final AllocateWorkload grants = AllocateWorkload.grants(new byte[0][]);
  private final String entitlement;
  private final int accounts;
  private long opened;

  public SessionWorkload(String entitlement, int accounts) {
    this.entitlement = entitlement;
    this.accounts = accounts;
  }

  /** The account of a session, by its number. */
  public static String account(long number) {
    return "account-" + number;
  }

  @Override
  public MethodDescriptor<Payload, Reply> method() {
    return grants.method();
  }

  @Override
  public void write(Payload payload, SplittableRandom random) {
    long number = opened++;
    byte[] tail =
        AllocateTemplate.tail(
            entitlement, "u" + number % HOLDERS, account(number % accounts), "session-" + number);
    payload.ready(
        AllocateTemplate.write(
            payload.bytes(),
            random.nextLong(),
            random.nextLong(),
            System.currentTimeMillis(),
            tail));
  }
}
