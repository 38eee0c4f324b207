package dev.tallygate.rules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import dev.tallygate.rules.planted.Violations;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Shows that each rule can fail, on code planted for it, and that clean code passes them all. */
class RulesTest {
  private static final String PLANTED = "dev.tallygate.rules.planted";

  private static final List<Class<?>> BANNED =
      List.of(
          Violations.FormatsInDefaultLocale.class,
          Violations.FormatsItselfInDefaultLocale.class,
          Violations.LowersInDefaultLocale.class,
          Violations.LowersByReference.class,
          Violations.Prints.class,
          Violations.RunsOnCommonPool.class,
          Violations.MakesUnboundedPool.class,
          Violations.DrawsHidden.class,
          Violations.Deserializes.class,
          Violations.UsesOldDate.class,
          Violations.LogsPastSlf4j.class);

  private static final List<Class<?>> IMPURE =
      List.of(
          Violations.FormatsInDefaultLocale.class,
          Violations.LowersInDefaultLocale.class,
          Violations.DrawsHidden.class,
          Violations.ReadsWallClock.class,
          Violations.ReadsMonotonicClock.class,
          Violations.ReadsClockByReference.class,
          Violations.TakesClock.class,
          Violations.DrawsUuid.class,
          Violations.DrawsSplittable.class,
          Violations.StartsThread.class,
          Violations.UsesQueue.class,
          Violations.Synchronizes.class,
          Violations.ReadsFile.class,
          Violations.ReadsPath.class,
          Violations.UsesPattern.class,
          Violations.SplitsByPattern.class,
          Violations.AsksTheMachine.class,
          Violations.KnowsGrpc.class);

  private static final List<Class<?>> BAD_TESTS =
      List.of(
          Violations.Sleeps.class,
          Violations.SleepsByUnit.class,
          Violations.IsDisabled.class,
          Violations.HasDisabledTest.class);

  @Test
  void everyBan_hasAViolationThatItRefuses() {
    assertEachCanFail(Bans.everywhere(), BANNED);
  }

  @Test
  void everyRuleOfPurity_hasAViolationThatItRefuses() {
    assertEachCanFail(Purity.of(PLANTED + ".."), IMPURE);
  }

  @Test
  void everyBanInTests_hasAViolationThatItRefuses() {
    assertEachCanFail(Bans.inTests(), BAD_TESTS);
  }

  @Test
  void purity_otherPackages_notAsked() {
    List<ArchRule> rules = Purity.of("dev.tallygate.raft.state..");

    assertThatCode(() -> Rules.check(classes(Violations.ReadsWallClock.class), rules))
        .doesNotThrowAnyException();
  }

  @Test
  void cleanCode_passes() {
    JavaClasses clean = classes(Violations.Clean.class);

    assertThatCode(
            () -> {
              Rules.check(clean, Bans.everywhere());
              Rules.check(clean, Bans.inTests());
              Rules.check(clean, Purity.of(PLANTED + ".."));
              Rules.check(classes(Violations.WaitsEventually.class), Bans.inTests());
            })
        .doesNotThrowAnyException();
  }

  @Test
  void check_reportsWhatToDoInstead() {
    assertThatThrownBy(() -> Rules.check(classes(Violations.Prints.class), Bans.everywhere()))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("Violations.java")
        .hasMessageContaining("use the command's getOut()");
  }

  @Test
  void arrow_forbiddenImport_refused() {
    JavaClasses planted = new ClassFileImporter().importPackages(PLANTED);

    assertThat(Arrows.only("rules.planted.upper").evaluate(planted).hasViolation()).isTrue();
    assertThat(
            Arrows.only("rules.planted.upper", "rules.planted.lower")
                .evaluate(planted)
                .hasViolation())
        .isFalse();
  }

  @Test
  void arrow_importFromOutside_refused() {
    JavaClasses planted = new ClassFileImporter().importPackages(PLANTED);

    assertThat(Arrows.onlyFrom("rules.planted.lower").evaluate(planted).hasViolation()).isTrue();
    assertThat(
            Arrows.onlyFrom("rules.planted.lower", "rules.planted.upper")
                .evaluate(planted)
                .hasViolation())
        .isFalse();
  }

  @Test
  void door_publicForNobody_refused() {
    JavaClasses planted =
        new ClassFileImporter().importPackages(PLANTED + ".lower", PLANTED + ".upper");

    List<String> refused =
        Doors.of(PLANTED + ".lower.Door").evaluate(planted).getFailureReport().getDetails();

    assertThat(refused).containsExactly(PLANTED + ".lower.ForNobody is public for nobody");
  }

  @Test
  void door_wholePackageNamed_passes() {
    JavaClasses planted = new ClassFileImporter().importPackages(PLANTED + ".lower");

    assertThat(Doors.of(PLANTED + ".lower..").evaluate(planted).hasViolation()).isFalse();
    assertThat(Doors.of(PLANTED + ".low..").evaluate(planted).hasViolation()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"Door", "Mentioned"})
  void door_notNamed_refusedWithWhatItMentions(String name) {
    JavaClasses planted = new ClassFileImporter().importPackages(PLANTED + ".lower");

    List<String> refused = Doors.of().evaluate(planted).getFailureReport().getDetails();

    assertThat(refused).contains(PLANTED + ".lower." + name + " is public for nobody");
  }

  /** Each class is refused by some rule of the list, and each rule refuses some class. */
  private static void assertEachCanFail(List<ArchRule> rules, List<Class<?>> planted) {
    Set<String> failed = new HashSet<>();
    for (Class<?> violation : planted) {
      JavaClasses classes = classes(violation);
      List<String> refusedBy =
          rules.stream()
              .filter(rule -> rule.evaluate(classes).hasViolation())
              .map(ArchRule::getDescription)
              .toList();
      assertThat(refusedBy).as("rules that refuse " + violation.getSimpleName()).isNotEmpty();
      failed.addAll(refusedBy);
    }
    assertThat(rules)
        .extracting(ArchRule::getDescription)
        .allSatisfy(r -> assertThat(failed).contains(r));
  }

  private static JavaClasses classes(Class<?>... types) {
    return new ClassFileImporter().importClasses(types);
  }
}
