package dev.tallygate.server.cli;

import com.google.protobuf.FieldMask;
import dev.tallygate.proto.v1.EntityServiceGrpc;
import dev.tallygate.proto.v1.GetEntityRequest;
import dev.tallygate.proto.v1.ListEntitiesRequest;
import dev.tallygate.proto.v1.ListEntitiesResponse;
import dev.tallygate.proto.v1.PutEntityRequest;
import dev.tallygate.proto.v1.RemoveEntityRequest;
import dev.tallygate.proto.v1.Subject;
import dev.tallygate.proto.v1.Value;
import dev.tallygate.proto.v1.ValueList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What is stored of subjects, devices and resources. */
@Command(
    name = "entity",
    mixinStandardHelpOptions = true,
    description = {
      "What is stored of subjects, devices and resources: attributes, each owned by the source that"
          + " set it first.",
      "All verbs ask the admin listener, and may be run again as they were."
    },
    footer = {
      "%nExamples:",
      "  tallygate entity put user:alice --source hr --attr role=admin --attr level=3 --dir DIR",
      "  tallygate entity put user:alice --source hr --attr teams=[cad,render] --unset level --dir DIR",
      "  tallygate entity list user --dir DIR",
      "  tallygate entity remove user:alice --reason 'left the company' --dir DIR",
      "Removing ends what the entity holds: leases, holds and seats."
    })
final class EntityCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a verb is missing: put, get, list or remove");
  }

  @Command(
      name = "put",
      mixinStandardHelpOptions = true,
      description = "Sets attributes of an entity, which is made where there is none.")
  int put(
      @Mixin Target target,
      @Parameters(paramLabel = "TYPE:ID", converter = Arguments.SubjectArgument.class)
          Subject entity,
      @Option(
              names = "--source",
              paramLabel = "SOURCE",
              required = true,
              description = "Who says so, such as hr or mdm.")
          String source,
      @Option(
              names = "--attr",
              paramLabel = "NAME=VALUE",
              description =
                  "Attribute to set: true and false, whole numbers, lists such as [a,b]; all else is"
                      + " text.")
          @Nullable Map<String, String> attributes,
      @Option(names = "--unset", paramLabel = "NAME", description = "Attribute to remove.")
          @Nullable List<String> unset,
      @Option(
              names = "--replace",
              description = "Remove all that this source has set and --attr does not name.")
          boolean replace,
      @Option(
              names = "--revision",
              paramLabel = "REVISION",
              defaultValue = "",
              description = "Only where this is the entity's.")
          String revision) {
    PutEntityRequest.Builder request =
        PutEntityRequest.newBuilder()
            .setTenant(target.tenant())
            .setType(entity.getType())
            .setId(entity.getId())
            .setSource(source)
            .setRevision(revision);
    if (attributes != null) request.putAllAttributes(values(attributes));
    if (!replace) {
      FieldMask.Builder mask = FieldMask.newBuilder();
      if (attributes != null) mask.addAllPaths(attributes.keySet());
      if (unset != null) mask.addAllPaths(unset);
      request.setUpdateMask(mask);
    } else if (unset != null) {
      throw new ParameterException(
          spec.commandLine(), "--unset has nothing to do beside --replace");
    }
    return new Calls(spec, target)
        .unary(
            target.admin(),
            false,
            (channel, attempt, leftMs) ->
                Calls.within(EntityServiceGrpc.newBlockingStub(channel), leftMs)
                    .put(request.build()));
  }

  /** As properties are, and lists beside them. */
  static Map<String, Value> values(Map<String, String> texts) {
    Map<String, Value> values = new LinkedHashMap<>();
    texts.forEach(
        (name, text) -> {
          boolean list = text.startsWith("[") && text.endsWith("]");
          values.put(name, list ? list(text.substring(1, text.length() - 1)) : value(text));
        });
    return values;
  }

  private static Value list(String inside) {
    ValueList.Builder list = ValueList.newBuilder();
    if (!inside.isBlank())
      for (String each : inside.split(",", -1)) list.addValues(value(each.strip()));
    return Value.newBuilder().setListValue(list).build();
  }

  private static Value value(String text) {
    return Arguments.properties(Map.of("", text)).values().iterator().next();
  }

  @Command(
      name = "get",
      mixinStandardHelpOptions = true,
      description = "Reads an entity from the node's own state.")
  int get(
      @Mixin Target target,
      @Parameters(paramLabel = "TYPE:ID", converter = Arguments.SubjectArgument.class)
          Subject entity) {
    GetEntityRequest request =
        GetEntityRequest.newBuilder()
            .setTenant(target.tenant())
            .setType(entity.getType())
            .setId(entity.getId())
            .build();
    return new Calls(spec, target)
        .unary(
            target.admin(),
            false,
            (channel, attempt, leftMs) ->
                Calls.within(EntityServiceGrpc.newBlockingStub(channel), leftMs).get(request));
  }

  @Command(
      name = "list",
      mixinStandardHelpOptions = true,
      description = {
        "Lists entities by type, then id, from the node's own state.",
        "With --json, a line for each entity."
      })
  int list(
      @Mixin Target target,
      @Parameters(
              paramLabel = "TYPE",
              arity = "0..1",
              defaultValue = "",
              description = "Of this type alone. Default: all.")
          String type,
      @Mixin Lists.Options options) {
    ListEntitiesRequest request =
        ListEntitiesRequest.newBuilder().setTenant(target.tenant()).setType(type).build();
    return new Lists(spec, target, options)
        .show(
            target.admin(),
            (channel, leftMs, size, token) ->
                Calls.within(EntityServiceGrpc.newBlockingStub(channel), leftMs)
                    .list(request.toBuilder().setPageSize(size).setPageToken(token).build()),
            answer -> Lists.Page.of((ListEntitiesResponse) answer),
            Lists::entities);
  }

  @Command(
      name = "remove",
      mixinStandardHelpOptions = true,
      description = "Forgets an entity and ends what it holds.")
  int remove(
      @Mixin Target target,
      @Parameters(paramLabel = "TYPE:ID", converter = Arguments.SubjectArgument.class)
          Subject entity,
      @Option(
              names = "--reason",
              paramLabel = "TEXT",
              required = true,
              description = "Stands in the ledger.")
          String reason,
      @Option(
              names = "--revision",
              paramLabel = "REVISION",
              defaultValue = "",
              description = "Only where this is the entity's.")
          String revision) {
    RemoveEntityRequest request =
        RemoveEntityRequest.newBuilder()
            .setTenant(target.tenant())
            .setType(entity.getType())
            .setId(entity.getId())
            .setReason(reason)
            .setRevision(revision)
            .build();
    return new Calls(spec, target)
        .unary(
            target.admin(),
            false,
            (channel, attempt, leftMs) ->
                Calls.within(EntityServiceGrpc.newBlockingStub(channel), leftMs).remove(request));
  }
}
