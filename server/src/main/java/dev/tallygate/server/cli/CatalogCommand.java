package dev.tallygate.server.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tallygate.proto.v1.ApplyCatalogRequest;
import dev.tallygate.proto.v1.CatalogServiceGrpc;
import dev.tallygate.proto.v1.GetCatalogRequest;
import dev.tallygate.proto.v1.GetCatalogResponse;
import dev.tallygate.server.catalog.CatalogText;
import dev.tallygate.server.catalog.Problem;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What is sold and how it is counted. */
@Command(
    name = "catalog",
    mixinStandardHelpOptions = true,
    description =
        "What is sold and how it is counted. `apply` and `get` ask the admin listener of a node;"
            + " `validate` asks nobody.",
    footer = {
      "%nExamples:",
      "  tallygate catalog validate -f ops/config/catalog.yaml",
      "  tallygate catalog apply -f ops/config/catalog.yaml --dir DIR",
      "  tallygate catalog get --dir DIR",
      "`apply` REPLACES the whole catalog: an entitlement that the file does not name is removed, or"
          + " the file is refused while units of it are taken. `get` shows what stands; applying that"
          + " changes nothing.",
      "%nA file is one YAML document for each entitlement, with a line `---` between two. Seats, held"
          + " for a time and given back:",
      "",
      "  apiVersion: tallygate.dev/v1",
      "  kind: Entitlement",
      "  metadata: {name: cad}   # 1 to 64 of A-Z a-z 0-9 . _ -",
      "  spec:",
      "    model: concurrent-session",
      "    limit: 50             # units of each pool; 0 to 10^15",
      "    lease:                # may be left out, as each of its keys",
      "      ttl: 15m        # how long without a renewal; 1s to 365d; default 15m",
      "      ttl-max: 15m    # the most that a caller may ask for; default: as ttl",
      "      grace: 10s      # kept after the ttl; ttl-max / 500 to 1d; default: the",
      "                      # larger of 10s and ttl-max / 500",
      "      linger: 0s      # kept after a release; 0s to 30d; default 0s",
      "      sharing: session  # what shares a seat; or subject, subject-and-device",
      "%nA quota, used up in a window:",
      "",
      "  spec:",
      "    model: metered",
      "    limit: 1000",
      "    window:             # exactly one of calendar and rolling",
      "      calendar: day     # minute, hour, day, week, month, year",
      "      time-zone: UTC    # IANA name; only with calendar; default UTC",
      "      # rolling: 1h     # 1s to 366d",
      "      # slices: 60      # 1 to 64; only with rolling; default 60",
      "    hold:               # may be left out; for `allocate --hold`",
      "      ttl: 1m           # 1s to the length of the window; default 1m",
      "      on-expiry: charge # or cancel",
      "%nSeats that belong to people, until they are taken back or idle:",
      "",
      "  spec:",
      "    model: named-user",
      "    limit: 25",
      "    seats:                # may be left out, as each of its keys",
      "      assignment: on-use  # or by-administrator: `tallygate seat assign`",
      "      cool-down: 0s       # from assignment to another subject; 0s to 3660d",
      "      idle-after: 90d     # taken back unused; 1s to 3660d; default: never",
      "%nFree use inside a scope, counted by the calendar:",
      "",
      "  spec:",
      "    model: site           # no limit",
      "    window: {calendar: month, time-zone: UTC}   # the default",
      "    scope:                # may be left out; attributes as in partition-by",
      "      subject.properties.region: [eu, us]",
      "%nWith each model, a pool for each value of an attribute instead of one pool:",
      "",
      "    partition-by: subject.id    # subject.type, resource.id, resource.type,",
      "                                # action.name, subject.properties.NAME,",
      "                                # resource.properties.NAME, context.NAME",
      "    partitions-max: 10000       # 1 to 1000000; default 10000",
      "    limit-overrides: {acme: 5}  # other limits of single partitions; to 1000"
    })
final class CatalogCommand implements Runnable {
  private static final long FILE_BYTES_MAX = 1 << 20;

  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a verb is missing: validate, apply or get");
  }

  @Command(
      name = "validate",
      mixinStandardHelpOptions = true,
      description =
          "Says everything that is wrong with a file, as FILE:LINE:COLUMN: KEY: WHAT. Needs no"
              + " cluster.",
      exitCodeListHeading = "%nExit codes:%n",
      exitCodeList = {"0:nothing is wrong", "1:something is, or the file cannot be read"})
  int validate(
      @Option(
              names = {"-f", "--file"},
              required = true,
              paramLabel = "FILE",
              description = "YAML documents of kind Entitlement, at most 1 MiB.")
          Path file,
      @Option(names = "--json", description = "One JSON object on standard output.") boolean json) {
    CatalogText.Reading reading = CatalogText.read(read(file));
    boolean valid = reading.problems().isEmpty();
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(Json.line(report(file, reading)));
    } else {
      reading.problems().forEach(problem -> out.println(file + ":" + problem));
      if (valid) out.println(file + ": " + reading.entitlements().size() + " entitlements, valid");
    }
    out.flush();
    return (valid ? CliExit.OK : CliExit.FAILED).number();
  }

  private static ObjectNode report(Path file, CatalogText.Reading reading) {
    ObjectNode report = Json.object();
    report.put("file", file.toString()).put("valid", reading.problems().isEmpty());
    report.put("entitlements", reading.entitlements().size());
    ArrayNode problems = report.putArray("problems");
    for (Problem problem : reading.problems()) {
      problems
          .addObject()
          .put("line", problem.line())
          .put("column", problem.column())
          .put("key", problem.key())
          .put("what", problem.what());
    }
    return report;
  }

  @Command(
      name = "apply",
      mixinStandardHelpOptions = true,
      description =
          "Replaces the tenant's entitlements by those of a file, as a whole or not at all.")
  int apply(
      @Mixin Target target,
      @Option(
              names = {"-f", "--file"},
              required = true,
              paramLabel = "FILE",
              description = "YAML documents of kind Entitlement, at most 1 MiB.")
          Path file,
      @Option(names = "--expect-version", description = "Do nothing unless this version stands.")
          long expectVersion) {
    String yaml = read(file);
    ApplyCatalogRequest request =
        ApplyCatalogRequest.newBuilder()
            .setTenant(target.tenant())
            .setYaml(yaml)
            .setExpectVersion(expectVersion)
            .build();
    return new Calls(spec, target)
        .unary(
            target.admin(),
            false,
            (channel, attempt, leftMs) ->
                Calls.within(CatalogServiceGrpc.newBlockingStub(channel), leftMs).apply(request));
  }

  @Command(
      name = "get",
      mixinStandardHelpOptions = true,
      description = "Prints the entitlements that stand, as YAML that can be applied.")
  int get(@Mixin Target target) {
    GetCatalogRequest request = GetCatalogRequest.newBuilder().setTenant(target.tenant()).build();
    return new Calls(spec, target)
        .unary(
            target.admin(),
            false,
            answer ->
                target.json()
                    ? Json.line(Json.of(answer)) + "\n"
                    : ((GetCatalogResponse) answer).getYaml(),
            (channel, attempt, leftMs) ->
                Calls.within(CatalogServiceGrpc.newBlockingStub(channel), leftMs).get(request));
  }

  private static String read(Path file) {
    try {
      if (Files.size(file) > FILE_BYTES_MAX) {
        throw new CliException(CliExit.FAILED, "`" + file + "` is larger than 1 MiB");
      }
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (NoSuchFileException e) {
      throw new CliException(
          CliExit.FAILED,
          "there is no file `"
              + file
              + "`: `tallygate catalog --help` shows how to write one, and ops/config/catalog.yaml of"
              + " the repository is an example");
    } catch (MalformedInputException e) {
      throw new CliException(CliExit.FAILED, "`" + file + "` is not text in UTF-8");
    } catch (IOException e) {
      throw new CliException(CliExit.FAILED, "`" + file + "` cannot be read: " + e.getMessage());
    }
  }
}
