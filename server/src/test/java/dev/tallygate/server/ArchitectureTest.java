package dev.tallygate.server;

import com.tngtech.archunit.core.domain.JavaClasses;
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
    "dev.tallygate.server.PdpServer",
    "dev.tallygate.server.cli.Main",
    "dev.tallygate.server.junit.TallygateExtension",
    // What the node gives to its services, and they to it.
    "dev.tallygate.server.grpc..",
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
            Arrows.only("server", "raft", "proto", "client"),
            Arrows.onlyFrom("client", "server.cli", "server.junit"),
            Arrows.onlyFrom("server.cli"),
            Arrows.onlyFrom("server.junit"),
            Arrows.only("server.policy", "proto")));
  }

  @Test
  void purity() {
    Rules.check(classes, Purity.of("dev.tallygate.server.policy.."));
  }
}
