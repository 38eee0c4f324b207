package dev.tallygate.server.cli;

import dev.tallygate.proto.v1.CreateTenantRequest;
import dev.tallygate.proto.v1.DeleteTenantRequest;
import dev.tallygate.proto.v1.GetTenantRequest;
import dev.tallygate.proto.v1.ListTenantsRequest;
import dev.tallygate.proto.v1.ListTenantsResponse;
import dev.tallygate.proto.v1.ResumeTenantRequest;
import dev.tallygate.proto.v1.SuspendTenantRequest;
import dev.tallygate.proto.v1.TenantServiceGrpc;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The tenants of a cluster. */
@Command(
    name = "tenant",
    mixinStandardHelpOptions = true,
    description = {
      "Makes, suspends and deletes tenants. Nothing of one tenant is seen or touched through another.",
      "All verbs ask the admin listener, and may be run again as they were."
    },
    footer = {
      "%nExamples:",
      "  tallygate tenant create acme --dir DIR",
      "  tallygate apply -f catalog --tenant acme --dir DIR",
      "  tallygate tenant suspend acme --reason 'unpaid' --dir DIR",
      "  tallygate tenant delete acme --number 2 --reason 'contract ended' --dir DIR",
      "A suspended tenant grants nothing; what is held in it is renewed, released and runs out as ever.",
      "Deleting ends all of it, and cannot be taken back."
    })
final class TenantCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "a verb is missing: create, get, list, suspend, resume or delete");
  }

  @Command(
      name = "create",
      mixinStandardHelpOptions = true,
      description = "Makes a tenant with an empty catalog, or prints the one that there is.")
  int create(@Mixin Target target, @Parameters(paramLabel = "NAME") String name) {
    CreateTenantRequest request = CreateTenantRequest.newBuilder().setTenant(name).build();
    return new Calls(spec, target)
        .unary(
            target.admin(),
            false,
            (channel, attempt, leftMs) ->
                Calls.within(TenantServiceGrpc.newBlockingStub(channel), leftMs).create(request));
  }

  @Command(
      name = "get",
      mixinStandardHelpOptions = true,
      description = "Reads a tenant from the node's own state, one that is being ended too.")
  int get(
      @Mixin Target target,
      @Parameters(paramLabel = "NAME", arity = "0..1", description = "Default: --tenant.")
          @org.jspecify.annotations.Nullable
          String name) {
    GetTenantRequest request =
        GetTenantRequest.newBuilder().setTenant(name == null ? target.tenant() : name).build();
    return new Calls(spec, target)
        .unary(
            target.admin(),
            false,
            (channel, attempt, leftMs) ->
                Calls.within(TenantServiceGrpc.newBlockingStub(channel), leftMs).get(request));
  }

  @Command(
      name = "list",
      mixinStandardHelpOptions = true,
      description = {
        "Lists tenants by name, from the node's own state.",
        "With --json, a line for each tenant."
      })
  int list(@Mixin Target target, @Mixin Lists.Options options) {
    return new Lists(spec, target, options)
        .show(
            target.admin(),
            (channel, leftMs, size, token) ->
                Calls.within(TenantServiceGrpc.newBlockingStub(channel), leftMs)
                    .list(
                        ListTenantsRequest.newBuilder()
                            .setPageSize(size)
                            .setPageToken(token)
                            .build()),
            answer -> Lists.Page.of((ListTenantsResponse) answer),
            Lists::tenants);
  }

  @Command(
      name = "suspend",
      mixinStandardHelpOptions = true,
      description = "From now on nothing is taken in the tenant; what is held goes on.")
  int suspend(
      @Mixin Target target,
      @Parameters(paramLabel = "NAME") String name,
      @Option(
              names = "--reason",
              paramLabel = "TEXT",
              required = true,
              description = "Stands in the ledger.")
          String reason) {
    SuspendTenantRequest request =
        SuspendTenantRequest.newBuilder().setTenant(name).setReason(reason).build();
    return new Calls(spec, target)
        .unary(
            target.admin(),
            false,
            (channel, attempt, leftMs) ->
                Calls.within(TenantServiceGrpc.newBlockingStub(channel), leftMs).suspend(request));
  }

  @Command(
      name = "resume",
      mixinStandardHelpOptions = true,
      description = "Takes a suspension back.")
  int resume(
      @Mixin Target target,
      @Parameters(paramLabel = "NAME") String name,
      @Option(
              names = "--reason",
              paramLabel = "TEXT",
              required = true,
              description = "Stands in the ledger.")
          String reason) {
    ResumeTenantRequest request =
        ResumeTenantRequest.newBuilder().setTenant(name).setReason(reason).build();
    return new Calls(spec, target)
        .unary(
            target.admin(),
            false,
            (channel, attempt, leftMs) ->
                Calls.within(TenantServiceGrpc.newBlockingStub(channel), leftMs).resume(request));
  }

  @Command(
      name = "delete",
      mixinStandardHelpOptions = true,
      description = {
        "Deletes a tenant that is suspended or empty, and ends all that it had. This cannot be taken"
            + " back; its ledger stays."
      })
  int delete(
      @Mixin Target target,
      @Parameters(paramLabel = "NAME") String name,
      @Option(
              names = "--number",
              paramLabel = "NUMBER",
              required = true,
              description =
                  "The tenant's number, from `tallygate tenant get`: says that this one is meant, and"
                      + " not a later one of its name.")
          int number,
      @Option(
              names = "--reason",
              paramLabel = "TEXT",
              required = true,
              description = "Stands in the ledger.")
          String reason) {
    DeleteTenantRequest request =
        DeleteTenantRequest.newBuilder()
            .setTenant(name)
            .setNumber(number)
            .setReason(reason)
            .build();
    return new Calls(spec, target)
        .unary(
            target.admin(),
            false,
            (channel, attempt, leftMs) ->
                Calls.within(TenantServiceGrpc.newBlockingStub(channel), leftMs).delete(request));
  }
}
