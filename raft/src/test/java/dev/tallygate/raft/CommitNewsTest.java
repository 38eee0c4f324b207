package dev.tallygate.raft;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class CommitNewsTest {
  private static final long MS = 1_000_000;

  private final CommitNews news = new CommitNews();

  private long waitMs(long committed, long atMs) {
    return news.waitMs(committed, atMs * MS);
  }

  @Test
  void commitWithNothingBehindIt_isDueAfterTheWaitAndOnce() {
    assertThat(waitMs(5, 100)).isEqualTo(CommitNews.WAIT_MS);
    assertThat(waitMs(5, 104)).isEqualTo(6);
    assertThat(waitMs(5, 110)).isZero();
    assertThat(waitMs(5, 200)).isZero();

    news.said(5);

    assertThat(waitMs(5, 201)).isEqualTo(CommitNews.NEVER);
  }

  @Test
  void furtherCommitsMeanwhile_doNotPutItOff() {
    assertThat(waitMs(5, 100)).isEqualTo(CommitNews.WAIT_MS);
    assertThat(waitMs(6, 109)).isEqualTo(1);
    assertThat(waitMs(7, 110)).isZero();
  }

  // Busy: each entry leaves within the wait and says that the one before it is committed.
  @Test
  void entriesThatFollow_leaveNothingToSay() {
    for (long index = 1; index < 1_000; index++) {
      long atMs = 5 * index;
      assertThat(waitMs(index, atMs)).isEqualTo(CommitNews.WAIT_MS);
      assertThat(waitMs(index, atMs + 4)).isPositive();
      news.said(index);
    }
  }

  // An empty message beside an entry that is on its way says less than the one before.
  @Test
  void messageThatSaysLess_takesNothingBack() {
    news.said(5);
    news.said(0);

    assertThat(waitMs(5, 100)).isEqualTo(CommitNews.NEVER);
    assertThat(waitMs(6, 100)).isEqualTo(CommitNews.WAIT_MS);
  }
}
