package dev.tallygate.server.cli;

import dev.tallygate.proto.v1.ApplyCatalogRequest;
import dev.tallygate.proto.v1.CatalogServiceGrpc;
import dev.tallygate.server.catalog.CatalogText;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Puts files into force; at the top and as {@code catalog apply}. */
@Command(
    name = "apply",
    mixinStandardHelpOptions = true,
    description =
        "Replaces one set of the catalog by the entitlements of the files, as a whole or not at all."
            + " Other sets stay as they are. Asks the admin listener. Applying what stands changes"
            + " nothing, so a repetition is safe.",
    footer = {
      "%nExamples:",
      "  tallygate apply ops/config/catalog.yaml --dir DIR",
      "  tallygate apply -f catalogs/team-a --set team-a --expect-version 7 --dir DIR",
      "An entitlement of the set that the files do not name is removed; while units of it are taken,"
          + " the files are refused instead. `tallygate plan` says so before. `tallygate catalog --help`"
          + " explains every key."
    })
final class ApplyCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private Target target;
  @Mixin private CatalogFiles files;

  @Option(names = "--set", paramLabel = "NAME", description = CatalogFiles.SET)
  private String set = "";

  @Option(
      names = "--expect-version",
      paramLabel = "VERSION",
      description = "Do nothing unless this version stands.")
  private long expectVersion;

  @Override
  public Integer call() {
    List<CatalogText.Source> sources = files.read(spec);
    ValidateCommand.require(sources);
    ApplyCatalogRequest request =
        ApplyCatalogRequest.newBuilder()
            .setTenant(target.tenant())
            .setYaml(CatalogFiles.joined(sources))
            .setExpectVersion(expectVersion)
            .setSet(set)
            .build();
    return new Calls(spec, target)
        .unary(
            target.admin(),
            false,
            (channel, attempt, leftMs) ->
                Calls.within(CatalogServiceGrpc.newBlockingStub(channel), leftMs).apply(request));
  }
}
