package dev.tallygate.server.entity;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.tallygate.proto.log.v1.Attribute;
import dev.tallygate.proto.log.v1.Command;
import dev.tallygate.proto.log.v1.Entity;
import dev.tallygate.proto.log.v1.PutEntity;
import dev.tallygate.proto.v1.PutEntityRequest;
import dev.tallygate.proto.v1.PutEntityResponse;
import dev.tallygate.proto.v1.Value;
import dev.tallygate.raft.state.Attributes;
import dev.tallygate.raft.state.Outcome;
import dev.tallygate.raft.state.Reader;
import dev.tallygate.raft.state.TenantView;
import dev.tallygate.server.call.BadCall;
import dev.tallygate.server.call.LoggedCall;
import dev.tallygate.server.grpc.Answer;
import dev.tallygate.server.grpc.CallCounts;
import dev.tallygate.server.grpc.GrpcError;
import dev.tallygate.server.grpc.GrpcErrors;
import dev.tallygate.server.licensing.ClusterIds;
import java.security.SecureRandom;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Put: known by what it says, so that a retry finds it standing. */
final class PutCall extends LoggedCall {
  private static final SecureRandom REFERENCES = new SecureRandom();

  private final ClusterIds ids;
  private EntityName name = new EntityName("", "");
  private Entity after = Entity.getDefaultInstance();

  PutCall(Start start, ClusterIds ids) {
    super(start);
    this.ids = ids;
  }

  @Override
  protected CallCounts.Call counted() {
    return CallCounts.Call.PUT_ENTITY;
  }

  @Override
  protected void check() throws BadCall {
    var unused = said(read());
  }

  @Override
  protected void judge() throws BadCall {
    PutEntityRequest request = read();
    PutEntity.Builder put = said(request);
    long expected = revision(ids, request.getRevision());
    TenantView tenant = node().view().tenant(tenantName(request.getTenant()));
    if (tenant == null) {
      fail(GrpcErrors.notFound("tenant", tenantName(request.getTenant())));
      return;
    }
    long position = tenant.position();
    Reader reader = node().view().reader();
    Entity before = reader.entity(tenant, name.span());
    long stands = reader.entityPosition();
    Attributes.Merge merge = Attributes.merge(before, put.build());
    Attribute foreign = merge.foreign();
    Entity merged = merge.after();
    if (foreign != null) {
      fail(GrpcErrors.attributeOwned(foreign.getName(), foreign.getSource()));
    } else if (merged == null) {
      throw new BadEntity(
          "attributes",
          "would be more than "
              + Attributes.COUNT_MAX
              + ", or more than "
              + Attributes.BYTES_MAX
              + " bytes, with those of all sources");
    } else if (merged.equals(before)) {
      after = merged;
      answerUnlogged(
          response(maybeProposed(), stands, position), CallCounts.Result.GRANTED, () -> {});
    } else if (expected != 0 && expected != stands) {
      fail(GrpcErrors.entityChanged(stands == 0 ? "" : ids.format(stands)));
    } else {
      after = merged;
      put.setTenant(tenant.number())
          .setExpectPosition(expected)
          .setSubjectRef(reference(reader, tenant));
      propose(Command.newBuilder().setPutEntity(put).build().toByteArray());
    }
  }

  static String tenantName(String asked) {
    return asked.isEmpty() ? dev.tallygate.server.grpc.NodeContext.DEFAULT_TENANT : asked;
  }

  /** Position of a revision; 0 for any. */
  static long revision(ClusterIds ids, String revision) throws BadCall {
    return revision.isEmpty() ? 0 : ids.read("revision", revision);
  }

  private long reference(Reader reader, TenantView tenant) {
    long known = reader.subjectRef(tenant, name.span());
    if (known != 0) return known;
    long drawn = REFERENCES.nextLong();
    return drawn == 0 ? 1 : drawn;
  }

  private PutEntityRequest read() throws BadEntity {
    try {
      return PutEntityRequest.parseFrom(request());
    } catch (InvalidProtocolBufferException e) {
      throw new BadEntity("request", "is not a PutEntityRequest: " + e.getMessage());
    }
  }

  private PutEntity.Builder said(PutEntityRequest request) throws BadEntity {
    EntityName.tenant(request.getTenant());
    name = EntityName.of(request.getType(), request.getId());
    BadEntity.bytes("source", request.getSource(), 1, Attributes.SOURCE_BYTES_MAX);
    PutEntity.Builder put =
        PutEntity.newBuilder().setEntity(name.inState()).setSource(request.getSource());
    attributes(request, put);
    Set<String> meant = meant(request);
    put.setAll(!request.hasUpdateMask());
    if (!request.hasUpdateMask()) return put;
    for (String attribute : request.getAttributesMap().keySet())
      if (!meant.remove(attribute))
        throw new BadEntity("attributes." + attribute, "is not in update_mask");
    return put.addAllRemoved(new java.util.TreeSet<>(meant));
  }

  private static void attributes(PutEntityRequest request, PutEntity.Builder put) throws BadEntity {
    count("attributes", request.getAttributesCount());
    for (var attribute : new TreeMap<String, Value>(request.getAttributesMap()).entrySet()) {
      String field = "attributes." + attribute.getKey();
      BadEntity.bytes("attributes", attribute.getKey(), 1, Attributes.NAME_BYTES_MAX);
      put.addAttributes(
          Attribute.newBuilder()
              .setName(attribute.getKey())
              .setValue(AttributeValues.read(field, attribute.getValue())));
    }
  }

  private static Set<String> meant(PutEntityRequest request) throws BadEntity {
    count("update_mask", request.getUpdateMask().getPathsCount());
    Set<String> meant = new HashSet<>();
    for (String path : request.getUpdateMask().getPathsList()) {
      BadEntity.bytes("update_mask", path, 1, Attributes.NAME_BYTES_MAX);
      meant.add(path);
    }
    return meant;
  }

  private static void count(String field, int found) throws BadEntity {
    if (found > Attributes.COUNT_MAX)
      throw new BadEntity(
          field, "has " + found + " entries, allowed are at most " + Attributes.COUNT_MAX);
  }

  @Override
  protected @Nullable GrpcError errorOf(Answer answer) {
    return answer.status == Outcome.Status.REFUSED ? GrpcErrors.notFound("tenant", "") : null;
  }

  @Override
  protected byte[] encode(Answer answer) {
    return response(true, answer.token, answer.position);
  }

  private byte[] response(boolean changed, long stands, long position) {
    return PutEntityResponse.newBuilder()
        .setEntity(AttributeValues.entity(ids, name, after, stands))
        .setChanged(changed)
        .setRevision(ids.format(position))
        .build()
        .toByteArray();
  }
}
