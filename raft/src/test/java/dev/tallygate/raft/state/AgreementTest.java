package dev.tallygate.raft.state;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** Votes on the digest. */
final class AgreementTest {
  private final Agreement agreement = new Agreement();

  @Test
  void vote_majorityNamesOneDigest_indexIsAgreed() {
    agreement.vote("a", 16, 7, 3);
    assertEquals(0, agreement.agreedIndex());
    agreement.vote("b", 16, 7, 3);
    assertEquals(16, agreement.agreedIndex());
    assertEquals(7, agreement.agreedDigest());
    assertEquals(0, agreement.disputedIndex());
  }

  @Test
  void vote_sameNodeTwice_countsOnce() {
    agreement.vote("a", 16, 7, 3);
    agreement.vote("a", 16, 7, 3);
    assertEquals(0, agreement.agreedIndex());
  }

  @Test
  void vote_oneNodeDiverged_majorityStillAgrees() {
    agreement.vote("a", 16, 7, 3);
    agreement.vote("b", 16, 8, 3);
    assertEquals(0, agreement.disputedIndex());
    agreement.vote("c", 16, 7, 3);
    assertEquals(16, agreement.agreedIndex());
  }

  @Test
  void vote_noDigestCanReachAMajority_isDisputed() {
    agreement.vote("a", 16, 7, 3);
    agreement.vote("b", 16, 8, 3);
    agreement.vote("c", 16, 9, 3);
    assertEquals(0, agreement.agreedIndex());
    assertEquals(16, agreement.disputedIndex());
  }

  @Test
  void vote_behindTheAgreedIndex_changesNothing() {
    agreement.vote("a", 32, 7, 1);
    agreement.vote("b", 16, 9, 1);
    assertEquals(32, agreement.agreedIndex());
    assertEquals(7, agreement.agreedDigest());
  }

  @Test
  void vote_manyOpenIndexes_onlyTheNewestAreKept() {
    for (int i = 1; i <= 12; i++) agreement.vote("a", i * 16L, 7, 3);
    agreement.vote("b", 16, 7, 3);
    assertEquals(0, agreement.agreedIndex());
    agreement.vote("b", 192, 7, 3);
    assertEquals(192, agreement.agreedIndex());
  }

  @Test
  void agreement_writtenAndRead_goesOnAlike() {
    agreement.vote("a", 16, 7, 3);
    agreement.vote("b", 16, 7, 3);
    agreement.vote("a", 32, 8, 3);
    Bytes row = new Bytes(64);
    agreement.writeTo(row);
    Agreement other = new Agreement();
    assertEquals(row.length(), other.readFrom(row, 0));
    assertEquals(16, other.agreedIndex());
    other.vote("b", 32, 8, 3);
    assertEquals(32, other.agreedIndex());
  }
}
