package dev.tallygate.rules;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noCodeUnits;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.lang.ArchRule;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * What a pure package must not touch, so that its answers depend on its arguments alone: every
 * replica reaches the same state, and a bad night can be replayed from a seed.
 */
public final class Purity {
  private Purity() {}

  /**
   * The rules of purity for the classes in the given packages.
   *
   * @param packages as ArchUnit writes them, {@code dev.tallygate.raft.state..} for example
   */
  public static List<ArchRule> of(String... packages) {
    return List.of(
        dependency(
            "the network, consensus or the off-heap tables",
            type -> inPackage(type, "io.grpc", "org.apache.ratis", "net.openhft", "java.net"),
            "it is used by all of them: declare an interface here and implement it there",
            packages),
        dependency(
            "files and streams",
            type ->
                inPackage(type, "java.io", "java.nio.file", "java.nio.channels")
                    // Protobuf declares it on methods that read an array, and Java puts the other
                    // one behind every lambda and enum.
                    && !type.isEquivalentTo(java.io.IOException.class)
                    && !type.isEquivalentTo(java.io.Serializable.class),
            "bytes come in and go out as arrays or ByteBuffers",
            packages),
        dependency(
            "threads, locks, queues or futures",
            type ->
                (inPackage(type, "java.util.concurrent") && !isPublished(type))
                    || type.isAssignableTo(Thread.class)
                    || type.isEquivalentTo(ThreadLocal.class),
            "one thread applies the log: use plain fields and collections,"
                + " and volatile fields or concurrent maps where readers look on",
            packages),
        dependency(
            "clocks",
            type ->
                Set.of("java.time.Clock", "java.time.InstantSource", "java.util.Timer")
                    .contains(type.getName()),
            "replicas must agree: use the log time carried by the command",
            packages),
        dependency(
            "chance",
            type ->
                inPackage(type, "java.util.random")
                    || Set.of(
                            "java.util.Random",
                            "java.util.SplittableRandom",
                            "java.security.SecureRandom")
                        .contains(type.getName()),
            "replicas must agree: the proposer draws, and the command carries what it drew",
            packages),
        dependency(
            "regular expressions",
            type -> inPackage(type, "java.util.regex"),
            "their cost has no bound: write a scanner, or parse before the command is proposed",
            packages),
        call(
            "read a clock",
            Purity::readsClock,
            "replicas must agree: use the log time carried by the command",
            packages),
        call(
            "draw",
            target ->
                is(target, "java.util.UUID", "randomUUID")
                    || is(target, "java.lang.Math", "random"),
            "replicas must agree: the proposer draws, and the command carries what it drew",
            packages),
        call(
            "use a regular expression",
            target ->
                is(target, "java.lang.String", "matches")
                    || is(target, "java.lang.String", "replaceAll")
                    || is(target, "java.lang.String", "replaceFirst")
                    || is(target, "java.lang.String", "split"),
            "their cost has no bound: use indexOf, or String.replace",
            packages),
        call(
            "ask the machine",
            Purity::asksTheMachine,
            "replicas run on different machines: pass the value in from the configuration",
            packages),
        call(
            "format or change case in the machine's locale",
            Bans::usesDefaultLocale,
            "a Turkish replica must reach the same state: pass Locale.ROOT",
            packages),
        noCodeUnits()
            .that()
            .areDeclaredInClassesThat()
            .resideInAnyPackage(packages)
            .should()
            .haveModifier(JavaModifier.SYNCHRONIZED)
            .because("one thread applies the log: leave it out")
            .allowEmptyShould(true));
  }

  /** Maps that the applying thread writes and reading threads look into. */
  private static boolean isPublished(JavaClass type) {
    return type.isEquivalentTo(java.util.concurrent.ConcurrentHashMap.class)
        || type.isEquivalentTo(java.util.concurrent.ConcurrentMap.class)
        || type.isEquivalentTo(java.util.concurrent.ConcurrentSkipListMap.class)
        || type.isEquivalentTo(java.util.concurrent.ConcurrentNavigableMap.class);
  }

  private static boolean readsClock(AccessTarget target) {
    return is(target, "java.lang.System", "currentTimeMillis")
        || is(target, "java.lang.System", "nanoTime")
        || (target.getOwner().getPackageName().equals("java.time")
            && target.getName().equals("now"));
  }

  private static boolean asksTheMachine(AccessTarget target) {
    return is(target, "java.lang.System", "getProperty")
        || is(target, "java.lang.System", "getenv")
        || is(target, "java.lang.System", "identityHashCode")
        || is(target, "java.lang.Integer", "getInteger")
        || is(target, "java.lang.Long", "getLong")
        || is(target, "java.lang.Boolean", "getBoolean")
        || is(target, "java.util.Locale", "getDefault")
        || is(target, "java.util.TimeZone", "getDefault")
        || is(target, "java.time.ZoneId", "systemDefault")
        || is(target, "java.nio.charset.Charset", "defaultCharset");
  }

  private static boolean is(AccessTarget target, String owner, String name) {
    return target.getOwner().getName().equals(owner) && target.getName().equals(name);
  }

  private static boolean inPackage(JavaClass type, String... roots) {
    for (String root : roots) {
      if (type.getPackageName().equals(root) || type.getPackageName().startsWith(root + ".")) {
        return true;
      }
    }
    return false;
  }

  private static ArchRule dependency(
      String what, Predicate<JavaClass> predicate, String instead, String... packages) {
    return noClasses()
        .that()
        .resideInAnyPackage(packages)
        .should()
        .dependOnClassesThat(DescribedPredicate.describe("are " + what, predicate))
        .because(instead)
        .as("pure code should not know " + what + ", because " + instead)
        .allowEmptyShould(true);
  }

  private static ArchRule call(
      String what, Predicate<AccessTarget> predicate, String instead, String... packages) {
    DescribedPredicate<JavaAccess<?>> banned =
        DescribedPredicate.describe(what, access -> predicate.test(access.getTarget()));
    return noClasses()
        .that()
        .resideInAnyPackage(packages)
        .should()
        .accessTargetWhere(banned)
        .because(instead)
        .as("pure code should not " + what + ", because " + instead)
        .allowEmptyShould(true);
  }
}
