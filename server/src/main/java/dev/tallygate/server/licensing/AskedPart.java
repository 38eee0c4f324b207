package dev.tallygate.server.licensing;

import dev.tallygate.raft.state.Entitlement;
import dev.tallygate.server.grpc.Answer;

/**
 * One entitlement of an Allocate, as it was asked for.
 *
 * @param entitlement its name as the caller sent it
 * @param partition as judged; empty where it has none or the question names none
 * @param number 0 where there is no such entitlement
 */
record AskedPart(byte[] entitlement, byte[] partition, int number) {
  private static final byte[] NONE = new byte[0];

  /** What to call the entitlement in an answer; empty where the answer's pool is to say it. */
  byte[] name(Answer answer) {
    return fellBack(answer) ? NONE : entitlement;
  }

  byte[] partition(Answer answer) {
    return fellBack(answer) ? NONE : partition;
  }

  private boolean fellBack(Answer answer) {
    Entitlement of = answer.entitlement;
    return of != null && of.number() != number;
  }
}
