package dev.tallygate.server.cli;

import dev.tallygate.proto.v1.CatalogHistoryRequest;
import dev.tallygate.proto.v1.CatalogHistoryResponse;
import dev.tallygate.proto.v1.CatalogServiceGrpc;
import dev.tallygate.proto.v1.CatalogVersionInfo;
import dev.tallygate.proto.v1.GetCatalogRequest;
import dev.tallygate.proto.v1.GetCatalogResponse;
import dev.tallygate.proto.v1.RollbackCatalogRequest;
import dev.tallygate.server.catalog.CatalogSchema;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What is sold and how it is counted. */
@Command(
    name = "catalog",
    mixinStandardHelpOptions = true,
    description =
        "What is sold and how it is counted. `validate` and `schema` ask nobody; the others ask the"
            + " admin listener of a node.",
    subcommands = {ValidateCommand.class, PlanCommand.class, ApplyCommand.class},
    footer = {
      "%nExamples:",
      "  tallygate catalog validate ops/config/catalog.yaml",
      "  tallygate catalog plan ops/config/catalog.yaml --dir DIR",
      "  tallygate catalog apply ops/config/catalog.yaml --dir DIR",
      "  tallygate catalog apply -f catalogs/team-a --set team-a --dir DIR",
      "  tallygate catalog history --dir DIR",
      "  tallygate catalog rollback 7 --set team-a --dir DIR",
      "`tallygate validate`, `plan` and `apply` are the same commands.",
      "%nA catalog is made of sets, one for each team or repository; which set files are the whole of is"
          + " said by --set, never by the files. `apply` REPLACES its set and touches no other: an"
          + " entitlement of the set that no file names is removed, or the files are refused while units"
          + " of it are taken. An entitlement's name is unique over all sets. To move one to another set,"
          + " apply the set that loses it first; units of it must not be taken meanwhile.",
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
      "%nWhat an entitlement may say of its pools beside the limit:",
      "",
      "  spec:",
      "    enforcement: observe  # grants what it would refuse, and says so; default enforce",
      "    fallback: site        # the entitlement to try where this one is exhausted",
      "    overage:              # beyond the limit: one of units, percent, unlimited",
      "      percent: 10         # of the limit, rounded down",
      "      for: 14d            # 1s to 366d; default: without end",
      "    max-per-holder: 2     # units of one holder; concurrent-session only",
      "    reservations:         # units kept for a group; not for meters and sites",
      "      subject.properties.team: {red: 2}",
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
      "    limit-overrides: {acme: 5}  # other limits of single partitions; to 1000",
      "%nAlso, with each model:",
      "",
      "    thresholds: [80, 100]       # per cents of the limit at which use is told of, by",
      "                                # Watch and in the ledger; not for a site; default none",
      "    features: [export, api]     # what it unlocks; shown with its pools"
    })
final class CatalogCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "a verb is missing: validate, plan, apply, get, history, show, rollback or schema");
  }

  @Command(
      name = "schema",
      mixinStandardHelpOptions = true,
      description =
          "Prints the JSON Schema (draft 2020-12) of a catalog's documents. An editor that knows it"
              + " completes keys and marks faults; it is ops/config/catalog.schema.json in the"
              + " repository. Needs no cluster.")
  int schema() {
    PrintWriter out = spec.commandLine().getOut();
    out.println(Json.pretty(CatalogSchema.json()));
    out.flush();
    return CliExit.OK.number();
  }

  @Command(
      name = "get",
      mixinStandardHelpOptions = true,
      description =
          "Prints the entitlements that stand, as YAML. What it prints of one set can be applied to"
              + " that set, and changes nothing.")
  int get(
      @Mixin Target target,
      @Option(names = "--set", paramLabel = "NAME", description = "This set alone. Default: all.")
          @Nullable String set) {
    return get(target, set, 0);
  }

  @Command(
      name = "show",
      mixinStandardHelpOptions = true,
      description = "Prints the entitlements as they were at a version, as YAML.")
  int show(
      @Mixin Target target,
      @Parameters(paramLabel = "VERSION", description = "As `catalog history` lists it.")
          long version,
      @Option(names = "--set", paramLabel = "NAME", description = "This set alone. Default: all.")
          @Nullable String set) {
    if (version < 1) throw new ParameterException(spec.commandLine(), "VERSION is at least 1");
    return get(target, set, version);
  }

  private int get(Target target, @Nullable String set, long version) {
    GetCatalogRequest request =
        GetCatalogRequest.newBuilder()
            .setTenant(target.tenant())
            .setSet(set == null ? "" : set)
            .setVersion(version)
            .build();
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

  @Command(
      name = "history",
      mixinStandardHelpOptions = true,
      description =
          "Lists the versions of the catalog, the newest first: when, which set, and how many"
              + " entitlements it added, changed and removed. The last 100 are kept, or what"
              + " bounds.catalog-versions-max said when the cluster was made.")
  int history(
      @Mixin Target target,
      @Option(
              names = "--limit",
              defaultValue = "20",
              description = "At most so many, to 1000. Default: ${DEFAULT-VALUE}.")
          int limit,
      @Option(names = "--before", paramLabel = "VERSION", description = "Only older than this one.")
          long before) {
    CatalogHistoryRequest request =
        CatalogHistoryRequest.newBuilder()
            .setTenant(target.tenant())
            .setLimit(limit)
            .setBeforeVersion(before)
            .build();
    return new Calls(spec, target)
        .unary(
            target.admin(),
            false,
            answer ->
                target.json()
                    ? Json.line(Json.of(answer)) + "\n"
                    : history((CatalogHistoryResponse) answer),
            (channel, attempt, leftMs) ->
                Calls.within(CatalogServiceGrpc.newBlockingStub(channel), leftMs).history(request));
  }

  private static String history(CatalogHistoryResponse history) {
    StringBuilder table = new StringBuilder();
    table.append(
        String.format(
            Locale.ROOT, "%8s  %-20s  %-24s  %s%n", "VERSION", "APPLIED AT", "SET", "CHANGES"));
    for (CatalogVersionInfo version : history.getVersionsList()) {
      table.append(
          String.format(
              Locale.ROOT,
              "%8d  %-20s  %-24s  %d added, %d changed, %d removed; %d in all%s%n",
              version.getVersion(),
              Instant.ofEpochSecond(version.getAppliedAt().getSeconds()),
              version.getSet(),
              version.getAdded(),
              version.getChanged(),
              version.getRemoved(),
              version.getEntitlements(),
              version.getCaller().isEmpty() ? "" : "; by " + version.getCaller()));
    }
    return table.toString();
  }

  @Command(
      name = "rollback",
      mixinStandardHelpOptions = true,
      description =
          "Applies a set as it was at an earlier version, which makes a new version. Refused, as any"
              + " apply is, while it would end pools that have units taken.")
  int rollback(
      @Mixin Target target,
      @Parameters(paramLabel = "VERSION", description = "As `catalog history` lists it.")
          long version,
      @Option(
              names = "--set",
              paramLabel = "NAME",
              description = "The set that goes back. Needed where several have changed since.")
          @Nullable String set,
      @Option(
              names = "--expect-version",
              paramLabel = "VERSION",
              description = "Do nothing unless this version stands.")
          long expectVersion) {
    RollbackCatalogRequest request =
        RollbackCatalogRequest.newBuilder()
            .setTenant(target.tenant())
            .setVersion(version)
            .setSet(set == null ? "" : set)
            .setExpectVersion(expectVersion)
            .build();
    return new Calls(spec, target)
        .unary(
            target.admin(),
            false,
            (channel, attempt, leftMs) ->
                Calls.within(CatalogServiceGrpc.newBlockingStub(channel), leftMs)
                    .rollback(request));
  }
}
