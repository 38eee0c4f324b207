package dev.tallygate.raft;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import dev.tallygate.raft.planted.KnowsRatis;
import dev.tallygate.rules.Arrows;
import dev.tallygate.rules.Bans;
import dev.tallygate.rules.Doors;
import dev.tallygate.rules.Purity;
import dev.tallygate.rules.Rules;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Runs the build's rules on this module. What a rule asks for is in its own message. */
class ArchitectureTest {
  /** The types that other modules enter by. Each is a promise: add one only with its user. */
  private static final String[] DOORS = {
    "dev.tallygate.raft.RaftNode",
    "dev.tallygate.raft.RaftFailure",
    "dev.tallygate.raft.StorageRefusal",
    // The server wires core and tables together and speaks in their rows.
    "dev.tallygate.raft.state..",
    "dev.tallygate.raft.store..",
  };

  private final JavaClasses classes = Rules.mainClasses();

  @Test
  void bans() {
    Rules.check(classes, Bans.everywhere());
  }

  @Test
  void bansInTests() {
    Rules.check(Rules.testClasses(), Bans.inTests());
  }

  @Test
  void doors() {
    Rules.check(classes, List.of(Doors.of(DOORS)));
  }

  @Test
  void arrows() {
    Rules.check(
        classes,
        List.of(
            Arrows.only("raft", "proto"),
            Arrows.only("raft.state", "proto"),
            // Consensus orders bytes; the store stands behind the interfaces that consensus
            // declares.
            Arrows.onlyFrom("raft.store")));
  }

  @Test
  void purity() {
    Rules.check(classes, Purity.of("dev.tallygate.raft.state.."));
  }

  @Test
  void purity_knowsRatis_refused() {
    JavaClasses planted = new ClassFileImporter().importClasses(KnowsRatis.class);

    assertThatThrownBy(() -> Rules.check(planted, Purity.of("dev.tallygate.raft.planted..")))
        .hasMessageContaining(KnowsRatis.class.getName());
  }
}
