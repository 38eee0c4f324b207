package dev.tallygate.server.cli;

import com.google.protobuf.Duration;
import dev.tallygate.proto.v1.Action;
import dev.tallygate.proto.v1.AllocateRequest;
import dev.tallygate.proto.v1.EntitlementUnits;
import dev.tallygate.proto.v1.LicensingServiceGrpc;
import dev.tallygate.proto.v1.Resource;
import dev.tallygate.proto.v1.Subject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Takes units of one entitlement. */
@Command(
    name = "allocate",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Takes units of one entitlement for a subject, and prints the grant or why not.",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:granted",
      "1:failed; see the message",
      "2:the command line is wrong",
      "3:refused, or the grant of a repeated id has ended",
      "4:the cluster cannot be reached or is overloaded; nothing happened",
      "5:the outcome is unknown: repeat it with the --request-id and --issued-at that were printed"
    },
    footer = {
      "%nExamples:",
      "  tallygate allocate cad --subject user:alice --session laptop --ttl 10m",
      "  tallygate allocate api-calls --subject service:web --units 5 \\",
      "      --subject-property account=7",
      "A lease is renewed and given back with the lease id and token that are printed:",
      "  tallygate renew LEASE-ID TOKEN",
      "  tallygate release LEASE-ID TOKEN"
    })
final class AllocateCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private Target target;

  @Parameters(paramLabel = "ENTITLEMENT", description = "As the catalog names it.")
  private String entitlement;

  @Option(
      names = "--subject",
      required = true,
      paramLabel = "TYPE:ID",
      converter = Arguments.SubjectArgument.class,
      description =
          "Who holds it, such as user:alice; the type may be left out. The same subject and session"
              + " are the same holder.")
  private Subject subject = Subject.getDefaultInstance();

  @Option(
      names = "--units",
      defaultValue = "1",
      description = "How many, 1 to 10^12. Default: ${DEFAULT-VALUE}.")
  private long units;

  @Option(
      names = "--session",
      description =
          "Which session of the subject, such as laptop; needed where the entitlement says `sharing:"
              + " session`, its default. The same key again resumes the session's lease instead of"
              + " taking another unit.")
  private String session = "";

  @Option(
      names = "--device",
      description = "Which device; needed where it says `sharing: subject-and-device`.")
  private String device = "";

  @Option(
      names = "--ttl",
      converter = Arguments.DurationArgument.class,
      description = "How long, such as 90s or 15m. Default: what the entitlement says.")
  private @Nullable Duration ttl;

  @Option(names = "--hold", description = "Take now and charge later, by `commit` (metered).")
  private boolean hold;

  @Option(
      names = "--label",
      paramLabel = "LABEL",
      description =
          "What it belongs to, such as env=pr-7, so that `label release` ends it with everything else"
              + " under that label. May be repeated.")
  private List<String> labels = new ArrayList<>();

  @Option(names = "--action", description = "What is to be done.")
  private String action = "";

  @Option(
      names = "--resource",
      paramLabel = "TYPE:ID",
      converter = Arguments.SubjectArgument.class,
      description = "What it is to be done to.")
  private Subject resource = Subject.getDefaultInstance();

  @Option(
      names = "--subject-property",
      paramLabel = "NAME=VALUE",
      description =
          "An attribute of the subject. One that the entitlement's `partition-by` names chooses the"
              + " pool. May be repeated.")
  private Map<String, String> subjectProperties = new LinkedHashMap<>();

  @Option(
      names = "--resource-property",
      paramLabel = "NAME=VALUE",
      description = "The same of the resource. May be repeated.")
  private Map<String, String> resourceProperties = new LinkedHashMap<>();

  @Option(
      names = "--context-property",
      paramLabel = "NAME=VALUE",
      description = "The same of the circumstances, such as site=berlin. May be repeated.")
  private Map<String, String> context = new LinkedHashMap<>();

  @Mixin private RequestKey key;

  @Override
  public Integer call() {
    key.check(spec);
    AllocateRequest.Builder request = request();
    key.announce(spec);
    return new Calls(spec, target)
        .known(key)
        .unary(
            target.data(),
            true,
            (channel, attempt, leftMs) ->
                Calls.within(LicensingServiceGrpc.newBlockingStub(channel), leftMs)
                    .allocate(request.setAttempt(key.attempt(attempt)).build()));
  }

  private AllocateRequest.Builder request() {
    AllocateRequest.Builder request =
        AllocateRequest.newBuilder()
            .setTenant(target.tenant())
            .setRequestId(key.id())
            .setIssuedAt(key.issuedAt())
            .setSubject(
                subject.toBuilder().putAllProperties(Arguments.properties(subjectProperties)))
            .addEntitlements(
                EntitlementUnits.newBuilder().setEntitlement(entitlement).setUnits(units))
            .setSession(session)
            .setDevice(device)
            .setHold(hold)
            .addAllLabels(labels)
            .putAllContext(Arguments.properties(context));
    if (ttl != null) request.setTtl(ttl);
    if (!action.isEmpty()) request.setAction(Action.newBuilder().setName(action));
    if (!resource.getId().isEmpty() || !resourceProperties.isEmpty()) {
      request.setResource(
          Resource.newBuilder()
              .setType(resource.getType())
              .setId(resource.getId())
              .putAllProperties(Arguments.properties(resourceProperties)));
    }
    return request;
  }
}
