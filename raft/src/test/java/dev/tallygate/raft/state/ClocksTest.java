package dev.tallygate.raft.state;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** The two clocks, from what leaders stamp. */
final class ClocksTest {
  private static final long TICK = 1_000;
  private static final long LEAD = 500;
  private final Clocks clocks = new Clocks();

  private void entry(long term, long monotonic, long wall) {
    clocks.advance(term, new EntryHeader().stamp(1, monotonic, wall), TICK, LEAD);
  }

  private void entry(long term, long monotonic, long wall, long median, long at) {
    clocks.advance(
        term, new EntryHeader().stamp(1, monotonic, wall).median(median, at), TICK, LEAD);
  }

  @Test
  void elapsed_growsByTheDifferenceOfTwoReadings() {
    entry(1, 70_000, 0);
    assertEquals(0, clocks.elapsedUs());
    entry(1, 70_700, 0);
    assertEquals(700, clocks.elapsedUs());
  }

  @Test
  void elapsed_pause_growsByTwoTicksAtMost() {
    entry(1, 0, 0);
    entry(1, 50_000_000, 0);
    assertEquals(2 * TICK, clocks.elapsedUs());
  }

  @Test
  void elapsed_changeOfTerm_standsStillWhateverTheReading() {
    entry(1, 0, 0);
    entry(1, 100, 0);
    entry(2, 900_000, 0);
    entry(3, 5, 0);
    assertEquals(100, clocks.elapsedUs());
    entry(3, 6, 0);
    assertEquals(101, clocks.elapsedUs());
  }

  @Test
  void elapsed_readingThatWasOvertaken_countsNoTimeTwice() {
    entry(1, 1_000, 0);
    entry(1, 1_500, 0);
    entry(1, 1_200, 0);
    entry(1, 1_600, 0);
    assertEquals(600, clocks.elapsedUs());
  }

  @Test
  void civil_withoutMedianInThisTerm_standsStill() {
    entry(1, 0, 1_000_000, 1_000_000, 0);
    entry(2, 0, 2_000_000);
    assertEquals(1_000_000, clocks.civilUs());
    assertEquals(false, clocks.medianKnown());
    entry(2, 0, 2_000_000, 2_000_000, 0);
    assertEquals(2_000_000, clocks.civilUs());
  }

  @Test
  void civil_neverGoesBack() {
    entry(1, 0, 1_000_000, 1_000_000, 0);
    entry(1, 10, 900_000, 900_000, 10);
    assertEquals(1_000_000, clocks.civilUs());
  }

  @Test
  void civil_leaderAhead_leadsTheMedianByTheTimeSinceAndABound() {
    entry(1, 10_000, 9_000_000, 1_000_000, 9_900);
    assertEquals(1_000_000 + 100 + LEAD, clocks.civilUs());
    entry(1, 10_400, 9_000_000);
    assertEquals(1_000_000 + 500 + LEAD, clocks.civilUs());
  }

  @Test
  void civil_medianOfALaterReading_isNotCountedBackwards() {
    entry(1, 10_000, 9_000_000, 1_000_000, 10_900);
    assertEquals(1_000_000 + LEAD, clocks.civilUs());
  }

  @Test
  void clocks_writtenAndRead_goOnAlike() {
    entry(4, 10_000, 1_000_000, 1_000_000, 9_900);
    entry(4, 10_700, 1_000_700);
    Bytes row = new Bytes(64);
    clocks.writeTo(row);
    Clocks other = new Clocks();
    assertEquals(row.length(), other.readFrom(row, 0));
    for (Clocks each : new Clocks[] {clocks, other})
      each.advance(4, new EntryHeader().stamp(1, 11_000, 2_000_000), TICK, LEAD);
    assertEquals(clocks.elapsedUs(), other.elapsedUs());
    assertEquals(clocks.civilUs(), other.civilUs());
    assertEquals(1_000, other.elapsedUs());
  }
}
