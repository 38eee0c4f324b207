package dev.tallygate.server.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tallygate.server.catalog.CatalogText;
import dev.tallygate.server.catalog.Problem;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Checks the files of a catalog; at the top and as {@code catalog validate}. */
@Command(
    name = "validate",
    mixinStandardHelpOptions = true,
    description =
        "Says everything that is wrong with a catalog's files, each as FILE:LINE:COLUMN: KEY: WHAT,"
            + " at most 100 at once. Needs no cluster.",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:nothing is wrong",
      "1:something is, or a file cannot be read",
      "2:the command line is wrong"
    },
    footer = {
      "%nExamples:",
      "  tallygate validate ops/config/catalog.yaml",
      "  tallygate validate -f catalogs/team-a -f catalogs/shared.yaml --json",
      "`tallygate catalog --help` explains every key."
    })
final class ValidateCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private CatalogFiles files;

  @Option(names = "--json", description = "One JSON object on standard output, for programs.")
  private boolean json;

  @Override
  public Integer call() {
    List<CatalogText.Source> sources = files.read(spec);
    CatalogText.Reading reading = CatalogText.read(sources);
    boolean valid = reading.problems().isEmpty();
    PrintWriter out = spec.commandLine().getOut();
    if (json) out.println(Json.line(report(sources, reading)));
    else tell(out, sources, reading);
    out.flush();
    return (valid ? CliExit.OK : CliExit.FAILED).number();
  }

  private static void tell(
      PrintWriter out, List<CatalogText.Source> sources, CatalogText.Reading reading) {
    reading.problems().forEach(out::println);
    if (!reading.problems().isEmpty()) return;
    String what =
        sources.size() == 1 ? sources.getFirst().file() : sources.size() + " files together";
    out.println(what + ": " + reading.entitlements().size() + " entitlements, valid");
  }

  private static ObjectNode report(List<CatalogText.Source> sources, CatalogText.Reading reading) {
    ObjectNode report = Json.object();
    ArrayNode files = report.putArray("files");
    sources.forEach(source -> files.add(source.file()));
    report.put("valid", reading.problems().isEmpty());
    report.put("entitlements", reading.entitlements().size());
    ArrayNode problems = report.putArray("problems");
    for (Problem problem : reading.problems()) {
      problems
          .addObject()
          .put("file", problem.file())
          .put("line", problem.line())
          .put("column", problem.column())
          .put("key", problem.key())
          .put("what", problem.what());
    }
    return report;
  }

  /** Stops a command whose files are faulty before it asks a node, with every fault named. */
  static void require(List<CatalogText.Source> sources) {
    List<Problem> problems = CatalogText.read(sources).problems();
    if (problems.isEmpty()) return;
    throw new CliException(
        CliExit.FAILED, String.join("\n", problems.stream().map(Problem::toString).toList()));
  }
}
