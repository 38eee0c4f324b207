package dev.tallygate.server.entity;

import dev.tallygate.raft.state.Span;
import dev.tallygate.raft.state.TenantView;
import dev.tallygate.raft.state.View;
import dev.tallygate.server.grpc.GrpcErrors;
import dev.tallygate.server.grpc.NodeContext;
import java.nio.charset.StandardCharsets;

/**
 * Which entity a request speaks of. It is named in the state as holders are, so that the subject
 * that holds a lease and the entity are one.
 */
record EntityName(String type, String id) {
  private static final int TENANT_BYTES_MAX = 64;
  private static final int TYPE_BYTES_MAX = 64;
  private static final int ID_BYTES_MAX = 256;
  private static final char SEPARATOR = '\0';

  static EntityName of(String type, String id) throws BadEntity {
    type(type);
    BadEntity.bytes("id", id, 1, ID_BYTES_MAX);
    return new EntityName(type, id);
  }

  static void type(String type) throws BadEntity {
    BadEntity.bytes("type", type, 0, TYPE_BYTES_MAX);
    // A zero in the type would make two entities one.
    if (type.indexOf(SEPARATOR) >= 0) throw new BadEntity("type", "contains U+0000");
  }

  static void tenant(String tenant) throws BadEntity {
    BadEntity.bytes("tenant", tenant, 0, TENANT_BYTES_MAX);
  }

  static EntityName read(byte[] name) {
    String text = new String(name, StandardCharsets.UTF_8);
    int separator = text.indexOf(SEPARATOR);
    // Holders always have it, and so do entities.
    return new EntityName(
        separator < 0 ? "" : text.substring(0, separator), text.substring(separator + 1));
  }

  /** What every name of a type begins with. */
  static byte[] prefix(String type) {
    return (type + SEPARATOR).getBytes(StandardCharsets.UTF_8);
  }

  String inState() {
    return type + SEPARATOR + id;
  }

  Span span() {
    Span span = new Span();
    span.set(inState());
    return span;
  }

  /** The tenant that a request names; fails the call where there is none. */
  static TenantView tenant(View view, String asked) throws BadEntity {
    tenant(asked);
    String name = asked.isEmpty() ? NodeContext.DEFAULT_TENANT : asked;
    TenantView tenant = view.tenant(name);
    if (tenant == null) throw GrpcErrors.notFound("tenant", name).exception();
    return tenant;
  }
}
