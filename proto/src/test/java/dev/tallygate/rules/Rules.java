package dev.tallygate.rules;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.EvaluationResult;
import java.nio.file.Path;
import java.util.List;

/**
 * Runs rules on the classes of the module under test. They are read from the module's own folders,
 * not from the class path: the other modules are there too and have their own rules.
 */
public final class Rules {
  private static final Path BUILD = Path.of("target");

  private Rules() {}

  /** The product classes of the module whose folder is the working directory. */
  public static JavaClasses mainClasses() {
    return new ClassFileImporter().importPath(BUILD.resolve("classes"));
  }

  /** The test classes of the module whose folder is the working directory, without planted ones. */
  public static JavaClasses testClasses() {
    return new ClassFileImporter()
        .withImportOption(location -> !location.contains("/planted/"))
        .importPath(BUILD.resolve("test-classes"));
  }

  /** Checks every rule and reports the violations of all of them at once. */
  public static void check(JavaClasses classes, List<ArchRule> rules) {
    StringBuilder report = new StringBuilder();
    for (ArchRule rule : rules) {
      EvaluationResult result = rule.evaluate(classes);
      if (result.hasViolation()) {
        report.append(result.getFailureReport()).append('\n');
      }
    }
    if (!report.isEmpty()) {
      throw new AssertionError(report.toString());
    }
  }
}
