package dev.tallygate.server.cli;

import com.google.protobuf.Duration;
import com.google.protobuf.Timestamp;
import dev.tallygate.proto.v1.Action;
import dev.tallygate.proto.v1.AllocateRequest;
import dev.tallygate.proto.v1.EntitlementUnits;
import dev.tallygate.proto.v1.LicensingServiceGrpc;
import dev.tallygate.proto.v1.Resource;
import dev.tallygate.proto.v1.Subject;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
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
      "5:the outcome is unknown: repeat it with the same --request-id and --issued-at"
    },
    footer = {
      "%nExamples:",
      "  tallygate allocate cad --subject user:alice --session laptop --ttl 10m",
      "  tallygate allocate api-calls --subject service:web --units 5 --subject-property account=7",
      "A lease is renewed and given back with the lease id and token that are printed."
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
      description = "Who holds it.")
  private Subject subject = Subject.getDefaultInstance();

  @Option(names = "--units", defaultValue = "1", description = "Default: ${DEFAULT-VALUE}.")
  private long units;

  @Option(names = "--session", description = "The session's own key (sharing: session).")
  private String session = "";

  @Option(names = "--device", description = "The device (sharing: subject-and-device).")
  private String device = "";

  @Option(
      names = "--ttl",
      converter = Arguments.DurationArgument.class,
      description = "How long, such as 90s or 15m. Default: what the entitlement says.")
  private @Nullable Duration ttl;

  @Option(names = "--hold", description = "Take now and charge later, by `commit` (metered).")
  private boolean hold;

  @Option(names = "--action", description = "What is to be done.")
  private String action = "";

  @Option(
      names = "--resource",
      paramLabel = "TYPE:ID",
      converter = Arguments.SubjectArgument.class,
      description = "What it is to be done to.")
  private Subject resource = Subject.getDefaultInstance();

  @Option(names = "--subject-property", paramLabel = "NAME=VALUE", description = "May be repeated.")
  private Map<String, String> subjectProperties = new LinkedHashMap<>();

  @Option(
      names = "--resource-property",
      paramLabel = "NAME=VALUE",
      description = "May be repeated.")
  private Map<String, String> resourceProperties = new LinkedHashMap<>();

  @Option(names = "--context", paramLabel = "NAME=VALUE", description = "May be repeated.")
  private Map<String, String> context = new LinkedHashMap<>();

  @Option(
      names = "--request-id",
      description = "Fresh for each allocation, the same for its repeats. Default: a new UUID.")
  private String requestId = UUID.randomUUID().toString();

  @Option(
      names = "--issued-at",
      converter = Arguments.InstantArgument.class,
      description = "With a repeated --request-id: the first one's, as printed then.")
  private @Nullable Timestamp issuedAt;

  @Override
  public Integer call() {
    AllocateRequest.Builder request = request();
    spec.commandLine()
        .getErr()
        .println(
            "request id "
                + requestId
                + ", issued at "
                + Instant.ofEpochSecond(
                    request.getIssuedAt().getSeconds(), request.getIssuedAt().getNanos()));
    return new Calls(spec, target)
        .unary(
            target.data(),
            true,
            (channel, attempt, leftMs) ->
                Calls.within(LicensingServiceGrpc.newBlockingStub(channel), leftMs)
                    // A repeat of an id that was sent before is never a first attempt.
                    .allocate(
                        request.setAttempt(issuedAt == null ? attempt : attempt + 1).build()));
  }

  private AllocateRequest.Builder request() {
    Instant now = Instant.now();
    AllocateRequest.Builder request =
        AllocateRequest.newBuilder()
            .setTenant(target.tenant())
            .setRequestId(requestId)
            .setIssuedAt(
                issuedAt != null
                    ? issuedAt
                    : Arguments.timestamp(now.minusNanos(now.getNano() % 1_000)))
            .setSubject(
                subject.toBuilder().putAllProperties(Arguments.properties(subjectProperties)))
            .addEntitlements(
                EntitlementUnits.newBuilder().setEntitlement(entitlement).setUnits(units))
            .setSession(session)
            .setDevice(device)
            .setHold(hold)
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
