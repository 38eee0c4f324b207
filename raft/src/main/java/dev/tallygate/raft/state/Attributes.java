package dev.tallygate.raft.state;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.tallygate.proto.log.v1.Attribute;
import dev.tallygate.proto.log.v1.AttributeValue;
import dev.tallygate.proto.log.v1.Entity;
import dev.tallygate.proto.log.v1.PutEntity;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The attributes of an entity, and what a source may make of them: each has one owning source, the
 * one that set it first, until that source removes it. Pure; proposer and apply judge by the same.
 */
public final class Attributes {
  /** Attributes of one entity. */
  public static final int COUNT_MAX = 64;

  /** Canonical bytes of one entity. */
  public static final int BYTES_MAX = 16_384;

  public static final int NAME_BYTES_MAX = 64;
  public static final int SOURCE_BYTES_MAX = 64;
  public static final int STRING_BYTES_MAX = 4_096;
  public static final int LIST_MAX = 64;

  /**
   * What a put comes to.
   *
   * @param after null where it is refused
   * @param foreign an attribute of another source that it would change; null for none
   */
  public record Merge(@Nullable Entity after, @Nullable Attribute foreign) {}

  private Attributes() {}

  /**
   * Puts what a source says over what stands.
   *
   * @param before null for an entity that is not there
   */
  public static Merge merge(@Nullable Entity before, PutEntity put) {
    TreeMap<String, Attribute> after = new TreeMap<>();
    if (before != null)
      for (Attribute old : before.getAttributesList()) after.put(old.getName(), old);
    Set<String> said = new HashSet<>();
    for (Attribute next : put.getAttributesList()) {
      said.add(next.getName());
      Attribute old = after.get(next.getName());
      if (old != null && !old.getSource().equals(put.getSource())) return new Merge(null, old);
      after.put(next.getName(), next.toBuilder().setSource(put.getSource()).build());
    }
    for (String name : put.getRemovedList()) {
      Attribute old = after.get(name);
      if (old != null && !old.getSource().equals(put.getSource())) return new Merge(null, old);
      after.remove(name);
    }
    if (put.getAll())
      after
          .values()
          .removeIf(
              old -> old.getSource().equals(put.getSource()) && !said.contains(old.getName()));
    Entity merged = Entity.newBuilder().addAllAttributes(after.values()).build();
    boolean fits = after.size() <= COUNT_MAX && merged.getSerializedSize() <= BYTES_MAX;
    return new Merge(fits ? merged : null, null);
  }

  /** What the proposer must not let through. */
  static void check(PutEntity put) {
    check("source", put.getSourceBytes().size(), 1, SOURCE_BYTES_MAX);
    check("attributes", put.getAttributesCount(), 0, COUNT_MAX);
    check("removed", put.getRemovedCount(), 0, COUNT_MAX);
    String last = "";
    for (Attribute attribute : put.getAttributesList()) {
      check("name", attribute.getNameBytes().size(), 1, NAME_BYTES_MAX);
      if (attribute.getName().compareTo(last) <= 0)
        throw new PlanFault("attribute `" + attribute.getName() + "` out of order");
      last = attribute.getName();
      check(attribute.getValue(), false);
    }
  }

  private static void check(AttributeValue value, boolean nested) {
    switch (value.getKindCase()) {
      case BOOL_VALUE, INT_VALUE -> {}
      case STRING_VALUE -> check("value", value.getStringValueBytes().size(), 0, STRING_BYTES_MAX);
      case LIST_VALUE -> {
        List<AttributeValue> values = value.getListValue().getValuesList();
        check("list", nested ? LIST_MAX + 1 : values.size(), 0, LIST_MAX);
        for (AttributeValue each : values) check(each, true);
      }
      case KIND_NOT_SET -> throw new PlanFault("an attribute without a value");
    }
  }

  private static void check(String field, int found, int min, int max) {
    if (found < min || found > max)
      throw new PlanFault(field + " of " + found + " was let through");
  }

  static Entity read(Bytes row) {
    try {
      return Entity.parseFrom(row.copy(EntityLayout.BODY, row.length() - EntityLayout.BODY));
    } catch (InvalidProtocolBufferException e) {
      throw new CorruptStateException("an entity cannot be read: " + e.getMessage());
    }
  }
}
