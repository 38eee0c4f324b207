package dev.tallygate.rules;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Which way dependencies point. Maven keeps one module from importing what its pom does not name;
 * these rules keep the poms honest and draw the arrows inside a module.
 */
public final class Arrows {
  private static final String ROOT = "dev.tallygate";

  private Arrows() {}

  /**
   * Code under one package may import, of our own packages, itself and those named.
   *
   * @param from a package with all below it, such as {@code raft.state}
   * @param to packages with all below them, such as {@code proto.log}
   */
  public static ArchRule only(String from, String... to) {
    List<String> allowed =
        Arrays.stream(to).map(name -> ROOT + "." + name).collect(Collectors.toList());
    allowed.add(ROOT + "." + from);
    DescribedPredicate<JavaClass> others =
        DescribedPredicate.describe(
            "are ours and not in " + allowed,
            type -> isIn(type, ROOT) && allowed.stream().noneMatch(name -> isIn(type, name)));
    return noClasses()
        .that()
        .resideInAPackage(ROOT + "." + from + "..")
        .should()
        .dependOnClassesThat(others)
        .because(
            "dependencies point one way, server -> raft -> proto, client -> proto,"
                + " loadtest -> client: move the shared part down, or pass it in as an interface")
        .allowEmptyShould(true);
  }

  /** Nothing outside of the first package and those named imports it. */
  public static ArchRule onlyFrom(String target, String... from) {
    List<String> allowed =
        Arrays.stream(from).map(name -> ROOT + "." + name).collect(Collectors.toList());
    allowed.add(ROOT + "." + target);
    return noClasses()
        .that(
            DescribedPredicate.describe(
                "are not in " + allowed,
                (JavaClass type) -> allowed.stream().noneMatch(name -> isIn(type, name))))
        .should()
        .dependOnClassesThat(
            DescribedPredicate.describe(
                "are in " + ROOT + "." + target, type -> isIn(type, ROOT + "." + target)))
        .because("only " + List.of(from) + " may know " + target + ": go through the door below it")
        .allowEmptyShould(true);
  }

  private static boolean isIn(JavaClass type, String root) {
    return type.getPackageName().equals(root) || type.getPackageName().startsWith(root + ".");
  }
}
