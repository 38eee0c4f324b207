package dev.tallygate.client;

import com.tngtech.archunit.core.domain.JavaClasses;
import dev.tallygate.rules.Arrows;
import dev.tallygate.rules.Bans;
import dev.tallygate.rules.Doors;
import dev.tallygate.rules.Rules;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Runs the build's rules on this module. What a rule asks for is in its own message. */
class ArchitectureTest {
  /** The types that other modules enter by. Each is a promise: add one only with its user. */
  private static final String[] DOORS = {
    "dev.tallygate.client.Tallygate",
    "dev.tallygate.client.guard.TallygateInterceptor",
    "dev.tallygate.client.CliCommand",
    "dev.tallygate.client.OpenOutcome",
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
    Rules.check(classes, List.of(Arrows.only("client", "proto.v1")));
  }
}
