package dev.tallygate.rules;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Few doors: a type is public because it is a door, because a door's signature mentions it, or
 * because another package of its module uses it. Everything else stays in its package.
 */
public final class Doors {
  private Doors() {}

  /**
   * The rule for one module.
   *
   * @param doors full names of the types that other modules enter by; a package with two dots
   *     behind it stands for everything in and below it
   */
  public static ArchRule of(String... doors) {
    return classes()
        .that()
        .arePublic()
        .and()
        .areTopLevelClasses()
        .should(haveAReason(Set.of(doors)))
        .because(
            "what is public is hard to change: make it package-private,"
                + " or name it as a door in the module's ArchitectureTest")
        .allowEmptyShould(true);
  }

  private static ArchCondition<JavaClass> haveAReason(Set<String> doors) {
    return new ArchCondition<>("be a door, be mentioned by one, or be used by another package") {
      private final Set<JavaClass> reasoned = new HashSet<>();

      @Override
      public void init(Collection<JavaClass> publicTypes) {
        reasoned.clear();
        Deque<JavaClass> open = new ArrayDeque<>();
        for (JavaClass type : publicTypes) {
          if (isNamed(doors, type) || isUsedByAnotherPackage(type)) {
            open.add(type);
          }
        }
        while (!open.isEmpty()) {
          JavaClass type = open.remove();
          if (reasoned.add(type)) {
            open.addAll(mentionedBy(type));
            type.getPackage().getClasses().stream()
                .filter(nested -> nested.getEnclosingClass().filter(type::equals).isPresent())
                .forEach(open::add);
          }
        }
      }

      @Override
      public void check(JavaClass type, ConditionEvents events) {
        boolean satisfied = reasoned.contains(type);
        events.add(
            new SimpleConditionEvent(type, satisfied, type.getName() + " is public for nobody"));
      }
    };
  }

  private static boolean isNamed(Set<String> doors, JavaClass type) {
    return doors.stream()
        .anyMatch(
            door ->
                door.endsWith("..")
                    ? (type.getPackageName() + ".").startsWith(door.substring(0, door.length() - 1))
                    : type.getName().equals(door));
  }

  private static boolean isUsedByAnotherPackage(JavaClass type) {
    return type.getDirectDependenciesToSelf().stream()
        .anyMatch(use -> !use.getOriginClass().getPackageName().equals(type.getPackageName()));
  }

  /** What a user of the type meets: its visible signatures, supertypes, nested types, failures. */
  private static Set<JavaClass> mentionedBy(JavaClass type) {
    Set<JavaClass> mentioned = new HashSet<>();
    mentioned.addAll(type.getAllRawSuperclasses());
    mentioned.addAll(type.getRawInterfaces());
    type.getEnclosingClass().ifPresent(mentioned::add);
    for (JavaCodeUnit unit : type.getCodeUnits()) {
      if (isVisible(unit.getModifiers())) {
        mentioned.addAll(unit.getReturnType().getAllInvolvedRawTypes());
        unit.getParameterTypes().forEach(p -> mentioned.addAll(p.getAllInvolvedRawTypes()));
        mentioned.addAll(unit.getExceptionTypes());
      }
    }
    for (JavaField field : type.getFields()) {
      if (isVisible(field.getModifiers())) {
        mentioned.addAll(field.getType().getAllInvolvedRawTypes());
      }
    }
    // A caller meets unchecked failures too, and a sealed type's cases in a switch.
    type.getDirectDependenciesFromSelf().stream()
        .map(use -> use.getTargetClass())
        .filter(target -> target.isAssignableTo(Throwable.class))
        .forEach(mentioned::add);
    if (type.reflect().isSealed()) {
      mentioned.addAll(type.getSubclasses());
    }
    for (JavaClass nested : List.copyOf(mentioned)) {
      nested.getEnclosingClass().ifPresent(mentioned::add);
    }
    // Others' types lead nowhere, and Object would lead to everything.
    mentioned.removeIf(other -> !other.getPackageName().startsWith("dev.tallygate."));
    return mentioned;
  }

  private static boolean isVisible(Set<JavaModifier> modifiers) {
    return modifiers.contains(JavaModifier.PUBLIC) || modifiers.contains(JavaModifier.PROTECTED);
  }
}
