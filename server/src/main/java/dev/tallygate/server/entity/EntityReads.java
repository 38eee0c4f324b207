package dev.tallygate.server.entity;

import dev.tallygate.proto.log.v1.Entity;
import dev.tallygate.proto.v1.GetEntityRequest;
import dev.tallygate.proto.v1.GetEntityResponse;
import dev.tallygate.proto.v1.ListEntitiesRequest;
import dev.tallygate.proto.v1.ListEntitiesResponse;
import dev.tallygate.raft.state.Reader;
import dev.tallygate.raft.state.TenantView;
import dev.tallygate.raft.state.View;
import dev.tallygate.server.call.BadCall;
import dev.tallygate.server.grpc.GrpcErrors;
import dev.tallygate.server.licensing.ClusterIds;
import java.util.Arrays;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** Get and List: read this node's own state, no fresher than what it has applied. */
final class EntityReads {
  private static final int SIZE_DEFAULT = 100;
  private static final int SIZE_MAX = 1_000;
  private static final int TOKEN_BYTES_MAX = 1_024;

  private final View view;
  private final ClusterIds ids;

  EntityReads(View view, ClusterIds ids) {
    this.view = view;
    this.ids = ids;
  }

  GetEntityResponse get(GetEntityRequest request) throws BadCall {
    EntityName name = EntityName.of(request.getType(), request.getId());
    TenantView tenant = EntityName.tenant(view, request.getTenant());
    long position = tenant.position();
    Reader reader = view.reader();
    Entity stored = reader.entity(tenant, name.span());
    if (stored == null)
      throw GrpcErrors.notFound("entity", name.type() + ":" + name.id()).exception();
    return GetEntityResponse.newBuilder()
        .setEntity(AttributeValues.entity(ids, name, stored, reader.entityPosition()))
        .setRevision(ids.format(position))
        .build();
  }

  ListEntitiesResponse list(ListEntitiesRequest request) throws BadCall {
    EntityName.type(request.getType());
    if (request.getPageSize() < 0)
      throw new BadEntity(
          "page_size", "is `" + request.getPageSize() + "`, allowed are 0 and more");
    int size = request.getPageSize() == 0 ? SIZE_DEFAULT : request.getPageSize();
    TenantView tenant = EntityName.tenant(view, request.getTenant());
    byte[] prefix =
        request.getType().isEmpty() ? new byte[0] : EntityName.prefix(request.getType());
    byte[] after = request.getPageToken().isEmpty() ? prefix : place(request, tenant, prefix);
    ListEntitiesResponse.Builder page =
        ListEntitiesResponse.newBuilder().setRevision(ids.format(tenant.position()));
    Reader reader = view.reader();
    for (byte[] name = next(tenant, after, prefix);
        name != null;
        name = next(tenant, name, prefix)) {
      if (page.getEntitiesCount() >= Math.min(size, SIZE_MAX))
        return page.setNextPageToken(token(tenant, after)).build();
      EntityName read = EntityName.read(name);
      Entity stored = reader.entity(tenant, read.span());
      // One that is just being made or removed has no row.
      if (stored != null)
        page.addEntities(AttributeValues.entity(ids, read, stored, reader.entityPosition()));
      after = name;
    }
    return page.build();
  }

  private static byte @Nullable [] next(TenantView tenant, byte[] after, byte[] prefix) {
    byte[] name = tenant.entities().after(after);
    return name == null || !startsWith(name, prefix) ? null : name;
  }

  private static boolean startsWith(byte[] name, byte[] prefix) {
    return name.length >= prefix.length
        && Arrays.equals(name, 0, prefix.length, prefix, 0, prefix.length);
  }

  private String token(TenantView tenant, byte[] last) {
    return ids.format(tenant.number())
        + "."
        + Base64.getUrlEncoder().withoutPadding().encodeToString(last);
  }

  private byte[] place(ListEntitiesRequest request, TenantView tenant, byte[] prefix)
      throws BadCall {
    String token = request.getPageToken();
    BadEntity.bytes("page_token", token, 1, TOKEN_BYTES_MAX);
    int dot = token.indexOf('.');
    if (dot < 0) throw altered();
    long number = ids.read("page_token", token.substring(0, dot));
    try {
      byte[] name = Base64.getUrlDecoder().decode(token.substring(dot + 1));
      if (number == tenant.number() && startsWith(name, prefix)) return name;
    } catch (IllegalArgumentException e) {
      throw altered();
    }
    throw altered();
  }

  private static BadEntity altered() {
    return new BadEntity("page_token", "was altered, or belongs to another list");
  }
}
