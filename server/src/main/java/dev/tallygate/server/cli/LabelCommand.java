package dev.tallygate.server.cli;

import com.google.protobuf.Message;
import com.google.protobuf.Timestamp;
import dev.tallygate.proto.v1.BlockLabelRequest;
import dev.tallygate.proto.v1.LabelBlock;
import dev.tallygate.proto.v1.LabelReleased;
import dev.tallygate.proto.v1.LicensingServiceGrpc;
import dev.tallygate.proto.v1.ListLabelBlocksRequest;
import dev.tallygate.proto.v1.ListLabelBlocksResponse;
import dev.tallygate.proto.v1.ReleaseByLabelRequest;
import dev.tallygate.proto.v1.ReleaseByLabelResponse;
import java.time.Instant;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What an administrator does with everything that stands under a label. */
@Command(
    name = "label",
    mixinStandardHelpOptions = true,
    description = "Releases what stands under a label, or lets nothing more be taken under it.",
    footer = {
      "%nExamples:",
      "  tallygate label block env=pr-7 --until 2030-01-31T00:00:00Z --reason merged --dir DIR",
      "  tallygate label release env=pr-7 --reason merged --dir DIR",
      "  tallygate label unblock env=pr-7 --reason reopened --dir DIR",
      "  tallygate label list --dir DIR",
      "Block first: then what starts late takes nothing, and after the release nothing is left."
          + " `tallygate lease list --label env=pr-7` says what stands under a label."
    })
final class LabelCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "a verb is missing: release, block, unblock or list");
  }

  @Command(
      name = "release",
      mixinStandardHelpOptions = true,
      description = {
        "Ends all that stands under a label now: leases at once, holds given back, seats when their"
            + " cool-down is over. Asks the admin listener.",
        "Asks again for as long as something is left of it, each time as a request of its own."
      })
  int release(
      @Mixin Target target,
      @Parameters(paramLabel = "LABEL") String label,
      @Option(names = "--reason", required = true, description = "Stands in the ledger.")
          String reason,
      @Mixin RequestKey first) {
    first.check(spec);
    ReleaseByLabelRequest.Builder request =
        ReleaseByLabelRequest.newBuilder()
            .setTenant(target.tenant())
            .setLabel(label)
            .setReason(reason);
    long released = 0;
    RequestKey key = first;
    do {
      Asked asked = new Asked();
      int exit = ask(target, request, key, asked);
      released += asked.answer.getLeases();
      if (exit != CliExit.OK.number()) return exit;
      request.setContinueToken(asked.answer.getContinueToken());
      key = new RequestKey();
    } while (!request.getContinueToken().isEmpty());
    spec.commandLine()
        .getOut()
        .print(text(target, LabelReleased.newBuilder().setLeases(released).build()));
    spec.commandLine().getOut().flush();
    return CliExit.OK.number();
  }

  /** What one of several requests was answered. */
  private static final class Asked {
    private LabelReleased answer = LabelReleased.getDefaultInstance();
  }

  private int ask(
      Target target, ReleaseByLabelRequest.Builder request, RequestKey key, Asked asked) {
    request.setRequestId(key.id()).setIssuedAt(key.issuedAt());
    key.announce(spec);
    return new Calls(spec, target)
        .known(key)
        .unary(
            target.admin(),
            false,
            answer -> {
              ReleaseByLabelResponse response = (ReleaseByLabelResponse) answer;
              asked.answer = response.getReleased();
              return response.hasReleased() ? "" : text(target, response);
            },
            (channel, attempt, leftMs) ->
                Calls.within(LicensingServiceGrpc.newBlockingStub(channel), leftMs)
                    .releaseByLabel(request.setAttempt(key.attempt(attempt)).build()));
  }

  private static String text(Target target, Message answer) {
    if (target.json()) return Json.line(Json.of(answer)) + "\n";
    StringBuilder text = new StringBuilder();
    Json.lines(Json.of(answer), "", text);
    return text.toString();
  }

  @Command(
      name = "block",
      mixinStandardHelpOptions = true,
      description =
          "Refuses what is asked for under a label until a time; what is held goes on. Asks the admin"
              + " listener.")
  int block(
      @Mixin Target target,
      @Parameters(paramLabel = "LABEL") String label,
      @Option(
              names = "--until",
              required = true,
              paramLabel = "INSTANT",
              converter = Arguments.InstantArgument.class,
              description = "Such as 2030-01-31T00:00:00Z.")
          Timestamp until,
      @Option(names = "--reason", required = true, description = "Stands in the ledger.")
          String reason,
      @Mixin RequestKey key) {
    return change(
        target,
        key,
        BlockLabelRequest.newBuilder().setLabel(label).setReason(reason).setUntil(until));
  }

  @Command(
      name = "unblock",
      mixinStandardHelpOptions = true,
      description = "Ends the block of a label. Asks the admin listener.")
  int unblock(
      @Mixin Target target,
      @Parameters(paramLabel = "LABEL") String label,
      @Option(names = "--reason", required = true, description = "Stands in the ledger.")
          String reason,
      @Mixin RequestKey key) {
    return change(
        target,
        key,
        BlockLabelRequest.newBuilder().setLabel(label).setReason(reason).setClear(true));
  }

  private int change(Target target, RequestKey key, BlockLabelRequest.Builder request) {
    key.check(spec);
    request.setTenant(target.tenant()).setRequestId(key.id()).setIssuedAt(key.issuedAt());
    key.announce(spec);
    return new Calls(spec, target)
        .known(key)
        .unary(
            target.admin(),
            false,
            (channel, attempt, leftMs) ->
                Calls.within(LicensingServiceGrpc.newBlockingStub(channel), leftMs)
                    .blockLabel(request.setAttempt(key.attempt(attempt)).build()));
  }

  @Command(
      name = "list",
      mixinStandardHelpOptions = true,
      description = {
        "Lists the labels that are blocked, from the node's own state. Asks the admin listener.",
        "With --json, a line for each label."
      })
  int list(@Mixin Target target, @Mixin Lists.Options options) {
    ListLabelBlocksRequest request =
        ListLabelBlocksRequest.newBuilder().setTenant(target.tenant()).build();
    return new Lists(spec, target, options)
        .show(
            target.admin(),
            (channel, leftMs, size, token) ->
                Calls.within(LicensingServiceGrpc.newBlockingStub(channel), leftMs)
                    .listLabelBlocks(request),
            answer -> new Lists.Page(((ListLabelBlocksResponse) answer).getBlocksList(), ""),
            LabelCommand::table);
  }

  private static TextTable table(List<? extends Message> rows) {
    TextTable table =
        new TextTable()
            .column("LABEL", TextTable.Column.TEXT)
            .column("UNTIL", TextTable.Column.TEXT);
    for (Message row : rows) {
      LabelBlock block = (LabelBlock) row;
      table.row(block.getLabel(), Instant.ofEpochSecond(block.getUntil().getSeconds()).toString());
    }
    return table;
  }
}
