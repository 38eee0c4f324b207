package dev.tallygate.server.cli;

import com.google.protobuf.Message;
import dev.tallygate.proto.v1.CatalogServiceGrpc;
import dev.tallygate.proto.v1.PlanCatalogRequest;
import dev.tallygate.proto.v1.PlanCatalogResponse;
import dev.tallygate.server.catalog.CatalogText;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Says what {@code apply} would change; at the top and as {@code catalog plan}. */
@Command(
    name = "plan",
    mixinStandardHelpOptions = true,
    description =
        "Says what `apply` would change, key by key, which pools a cut limit or another model bites,"
            + " and who holds their units. Changes nothing. Asks the admin listener.",
    exitCodeOnInvalidInput = PlanCommand.FAILED,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:nothing would change",
      "1:the files are faulty, the command line is wrong, or no node answered",
      "2:something would change"
    },
    footer = {
      "%nExamples:",
      "  tallygate plan ops/config/catalog.yaml --dir DIR",
      "  tallygate plan -f catalogs/team-a --set team-a --json --dir DIR",
      "  tallygate apply -f catalogs/team-a --set team-a --expect-version 7 --dir DIR",
      "The last applies what was planned against version 7, or nothing."
    })
final class PlanCommand implements Callable<Integer> {
  static final int FAILED = 1;
  static final int CHANGES = 2;

  @Spec private CommandSpec spec;
  @Mixin private Target target;
  @Mixin private CatalogFiles files;

  @Option(names = "--set", paramLabel = "NAME", description = CatalogFiles.SET)
  private String set = "";

  private boolean changes;

  @Override
  public Integer call() {
    List<CatalogText.Source> sources = files.read(spec);
    try {
      ValidateCommand.require(sources);
    } catch (CliException faulty) {
      spec.commandLine().getErr().println(faulty.getMessage());
      spec.commandLine().getErr().flush();
      return FAILED;
    }
    PlanCatalogRequest request =
        PlanCatalogRequest.newBuilder()
            .setTenant(target.tenant())
            .setYaml(CatalogFiles.joined(sources))
            .setSet(set)
            .build();
    int exit =
        new Calls(spec, target)
            .unary(
                target.admin(),
                false,
                this::shown,
                (channel, attempt, leftMs) ->
                    Calls.within(CatalogServiceGrpc.newBlockingStub(channel), leftMs)
                        .plan(request));
    return exit != CliExit.OK.number() ? FAILED : changes ? CHANGES : exit;
  }

  private String shown(Message answer) {
    PlanCatalogResponse plan = (PlanCatalogResponse) answer;
    changes = plan.getChangesCount() > 0;
    return target.json() ? Json.line(Json.of(plan)) + "\n" : PlanTable.of(plan);
  }
}
