package dev.tallygate.server.cli;

import dev.tallygate.proto.v1.ApplyCatalogRequest;
import dev.tallygate.proto.v1.CatalogServiceGrpc;
import dev.tallygate.proto.v1.GetCatalogRequest;
import dev.tallygate.proto.v1.GetCatalogResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
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
    description = "What is sold and how it is counted. Asks the admin listener.",
    footer = {
      "%nExample:",
      "  tallygate catalog apply -f catalog.yaml --dir DIR",
      "Applying what already stands changes nothing, so it can be repeated."
    })
final class CatalogCommand implements Runnable {
  private static final long FILE_BYTES_MAX = 1 << 20;

  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a verb is missing: apply or get");
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
    } catch (IOException e) {
      throw new CliException(CliExit.FAILED, "`" + file + "` cannot be read: " + e);
    }
  }
}
