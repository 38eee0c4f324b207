package dev.tallygate.server.licensing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tallygate.proto.log.v1.Command;
import dev.tallygate.proto.log.v1.RefusalSummary;
import java.util.List;
import org.junit.jupiter.api.Test;

class RefusalTallyTest {
  private final RefusalTally tally = new RefusalTally(2);

  @Test
  void take_manyRefusals_sumsThemAndNamesTheBusiest() {
    for (int i = 0; i < 3; i++) tally.add(1, 2, "acme", 9, "ann");
    for (int i = 0; i < 5; i++) tally.add(1, 2, "acme", 9, "bob");
    tally.add(1, 2, "acme", 9, "eve");
    tally.add(1, 2, "other", 9, "eve");
    List<Command> commands = tally.take();
    assertThat(commands).hasSize(2);
    RefusalSummary first = commands.get(0).getRefusalSummary();
    assertThat(first.getPartition()).isEqualTo("acme");
    assertThat(first.getCount()).isEqualTo(9);
    assertThat(first.getHoldersList())
        .extracting(h -> h.getHolder() + h.getCount())
        .containsExactly("bob5", "ann3");
    assertThat(tally.take()).isEmpty();
  }

  @Test
  void take_moreKeysThanSummaries_losesNoRefusal() {
    int keys = Limits.TALLY_KEYS_MAX + 1_000;
    for (int i = 0; i < keys; i++) tally.add(1, 2, "p" + i, 9, "ann");
    long told = 0;
    for (List<Command> round = tally.take(); !round.isEmpty(); round = tally.take()) {
      assertThat(round).hasSizeLessThanOrEqualTo(Limits.SUMMARIES_MAX);
      for (Command command : round) told += command.getRefusalSummary().getCount();
    }
    assertThat(told).isEqualTo(keys);
  }

  @Test
  void add_endlessHolders_isBoundedAndCounted() {
    for (int i = 0; i < 100_000; i++) tally.add(1, 2, "", 9, "holder" + i);
    RefusalSummary summary = tally.take().get(0).getRefusalSummary();
    assertThat(summary.getCount()).isEqualTo(100_000);
    assertThat(summary.getHoldersCount()).isEqualTo(2);
  }
}
