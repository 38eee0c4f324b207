package dev.tallygate.rules;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.AccessTarget.CodeUnitAccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchRule;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/** What code must not call. Each ban names its replacement: a ban without one is a complaint. */
public final class Bans {
  private Bans() {}

  /** The bans for product code of every module. */
  public static List<ArchRule> everywhere() {
    return List.of(
        ban(
            "format or change case in the machine's locale",
            Bans::usesDefaultLocale,
            "a Turkish machine must write the same bytes: pass Locale.ROOT"),
        ban(
            "print past the command line",
            target ->
                target.getOwner().isEquivalentTo(System.class)
                    && Set.of("out", "err").contains(target.getName()),
            "standard output may carry JSON: use the command's getOut() and getErr(), or the log"),
        ban(
            "run on the common pool",
            Bans::usesCommonPool,
            "its threads and its queue are nobody's: pass an executor whose bounds are in Limits"),
        ban(
            "make a pool without a bound",
            target ->
                target.getOwner().isEquivalentTo(java.util.concurrent.Executors.class)
                    && Set.of(
                            "newCachedThreadPool",
                            "newFixedThreadPool",
                            "newSingleThreadExecutor",
                            "newWorkStealingPool")
                        .contains(target.getName()),
            "its queue or its threads grow without end:"
                + " use a ThreadPoolExecutor with a bounded queue that refuses"),
        ban(
            "draw from a hidden source",
            target ->
                target.getOwner().isEquivalentTo(java.util.Random.class)
                    || (target.getOwner().isEquivalentTo(Math.class)
                        && target.getName().equals("random")),
            "a run must repeat from its seed: use a SplittableRandom that is passed in"),
        ban(
            "serialize Java objects",
            target ->
                Set.of("java.io.ObjectInputStream", "java.io.ObjectOutputStream")
                    .contains(target.getOwner().getName()),
            "it runs what it reads: define a protobuf message"),
        ban(
            "use the dates of Java 1",
            target ->
                Set.of("java.util.Date", "java.util.Calendar", "java.text.SimpleDateFormat")
                    .contains(target.getOwner().getName()),
            "they are mutable and carry the machine's zone: use java.time"),
        ban(
            "log past the log's interface",
            target -> target.getOwner().getPackageName().equals("java.util.logging"),
            "the backend is chosen at the rim: use org.slf4j;"
                + " the client does not log but returns or throws"));
  }

  /** The bans for tests of every module. */
  public static List<ArchRule> inTests() {
    DescribedPredicate<JavaAccess<?>> sleeps =
        DescribedPredicate.describe(
            "sleep outside of a method named `eventually`",
            access ->
                isSleep(access.getTarget())
                    && !access.getOrigin().getName().contains("eventually"));
    return List.of(
        noClasses()
            .should()
            .accessTargetWhere(sleeps)
            .because(
                "a guess of how long something takes is wrong on a busy machine:"
                    + " pass the time in, or wait with the helper `eventually`, which has a bound")
            .allowEmptyShould(true),
        noClasses()
            .should()
            .beAnnotatedWith("org.junit.jupiter.api.Disabled")
            .because(
                "a test that does not run is forgotten: repair or delete it;"
                    + " where a tool is absent, skip by its name with an assumption")
            .allowEmptyShould(true),
        com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods()
            .should()
            .beAnnotatedWith("org.junit.jupiter.api.Disabled")
            .because(
                "a test that does not run is forgotten: repair or delete it;"
                    + " where a tool is absent, skip by its name with an assumption")
            .allowEmptyShould(true));
  }

  static ArchRule ban(String what, Predicate<AccessTarget> predicate, String instead) {
    DescribedPredicate<JavaAccess<?>> banned =
        DescribedPredicate.describe(what, access -> predicate.test(access.getTarget()));
    return noClasses()
        .should()
        .accessTargetWhere(banned)
        .because(instead)
        .as("no class should " + what + ", because " + instead)
        .allowEmptyShould(true);
  }

  static boolean usesDefaultLocale(AccessTarget target) {
    if (!target.getOwner().isEquivalentTo(String.class)
        || !(target instanceof CodeUnitAccessTarget method)) {
      return false;
    }
    List<JavaClass> parameters = method.getRawParameterTypes();
    return switch (method.getName()) {
      case "format" -> parameters.get(0).isEquivalentTo(String.class);
      case "formatted" -> true;
      case "toLowerCase", "toUpperCase" -> parameters.isEmpty();
      default -> false;
    };
  }

  private static boolean usesCommonPool(AccessTarget target) {
    if (!(target instanceof CodeUnitAccessTarget method)) {
      return false;
    }
    String name = method.getName();
    if (method.getOwner().isEquivalentTo(java.util.concurrent.ForkJoinPool.class)) {
      return name.equals("commonPool");
    }
    if (name.equals("parallelStream") || name.equals("parallel")) {
      return method.getOwner().getPackageName().startsWith("java.util");
    }
    if (!method.getOwner().isEquivalentTo(java.util.concurrent.CompletableFuture.class)) {
      return false;
    }
    boolean passesExecutor =
        method.getRawParameterTypes().stream()
            .anyMatch(type -> type.isEquivalentTo(java.util.concurrent.Executor.class));
    return name.endsWith("Async") && !passesExecutor;
  }

  private static boolean isSleep(AccessTarget target) {
    String owner = target.getOwner().getName();
    String name = target.getName();
    return (owner.equals("java.lang.Thread") && name.equals("sleep"))
        || (owner.equals("java.util.concurrent.TimeUnit") && name.equals("sleep"))
        || (owner.equals("java.util.concurrent.locks.LockSupport") && name.startsWith("park"));
  }
}
