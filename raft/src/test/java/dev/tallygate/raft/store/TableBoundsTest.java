package dev.tallygate.raft.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tallygate.raft.state.Settings;
import dev.tallygate.raft.state.TableId;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A table that is full stops every node at the same entry, so admission must come first. */
final class TableBoundsTest {
  /** How many rows fit for each that a table is made for: 24,576 where fewer than 2,048 are. */
  private static final long FIT = 12;

  private static Settings settings(TableBounds bounds) {
    return new Settings(
        100_000,
        600_000_000,
        60_000_000,
        1_000_000,
        bounds.pools(),
        bounds.leases(),
        bounds.requests(),
        bounds.subjects(),
        (int) bounds.tenants(),
        (int) (bounds.entitlements() / bounds.tenants()),
        1_000,
        1 << 20,
        1_024,
        3,
        100);
  }

  @ParameterizedTest
  @EnumSource
  void everyTable_holdsWhatTheCoreAllows(TableId table) {
    for (TableBounds bounds :
        new TableBounds[] {
          TableBounds.SMALL, new TableBounds(200_000, 1_200_000, 60_000_000, 1_200_000, 100, 50_000)
        }) assertThat(settings(bounds).bound(table)).isLessThanOrEqualTo(FIT * bounds.rows(table));
  }
}
