package dev.tallygate.server.entity;

import dev.tallygate.proto.log.v1.Attribute;
import dev.tallygate.proto.log.v1.AttributeList;
import dev.tallygate.proto.log.v1.AttributeValue;
import dev.tallygate.proto.v1.Entity;
import dev.tallygate.proto.v1.EntityAttribute;
import dev.tallygate.proto.v1.Value;
import dev.tallygate.proto.v1.ValueList;
import dev.tallygate.raft.state.Attributes;
import dev.tallygate.server.licensing.ClusterIds;

/** Attributes as callers write and read them, and as the log and the state do. */
final class AttributeValues {
  private AttributeValues() {}

  /**
   * @param field its path in the request
   */
  static AttributeValue read(String field, Value value) throws BadEntity {
    return read(field, value, false);
  }

  private static AttributeValue read(String field, Value value, boolean nested) throws BadEntity {
    AttributeValue.Builder read = AttributeValue.newBuilder();
    switch (value.getKindCase()) {
      case BOOL_VALUE -> read.setBoolValue(value.getBoolValue());
      case INT_VALUE -> read.setIntValue(value.getIntValue());
      case STRING_VALUE -> {
        BadEntity.bytes(field, value.getStringValue(), 0, Attributes.STRING_BYTES_MAX);
        read.setStringValue(value.getStringValue());
      }
      case LIST_VALUE -> {
        if (nested) throw new BadEntity(field, "is a list in a list");
        read.setListValue(list(field, value.getListValue()));
      }
      case KIND_NOT_SET -> throw new BadEntity(field, "has no value");
    }
    return read.build();
  }

  private static AttributeList list(String field, ValueList values) throws BadEntity {
    if (values.getValuesCount() > Attributes.LIST_MAX)
      throw new BadEntity(
          field,
          "has " + values.getValuesCount() + " values, allowed are at most " + Attributes.LIST_MAX);
    AttributeList.Builder list = AttributeList.newBuilder();
    for (Value each : values.getValuesList()) list.addValues(read(field, each, true));
    return list.build();
  }

  static Entity entity(
      ClusterIds ids, EntityName name, dev.tallygate.proto.log.v1.Entity stored, long position) {
    Entity.Builder entity =
        Entity.newBuilder().setType(name.type()).setId(name.id()).setRevision(ids.format(position));
    for (Attribute attribute : stored.getAttributesList())
      entity.addAttributes(
          EntityAttribute.newBuilder()
              .setName(attribute.getName())
              .setSource(attribute.getSource())
              .setValue(write(attribute.getValue())));
    return entity.build();
  }

  private static Value write(AttributeValue value) {
    Value.Builder written = Value.newBuilder();
    switch (value.getKindCase()) {
      case BOOL_VALUE -> written.setBoolValue(value.getBoolValue());
      case INT_VALUE -> written.setIntValue(value.getIntValue());
      case STRING_VALUE -> written.setStringValue(value.getStringValue());
      case LIST_VALUE -> {
        ValueList.Builder list = ValueList.newBuilder();
        for (AttributeValue each : value.getListValue().getValuesList())
          list.addValues(write(each));
        written.setListValue(list);
      }
      case KIND_NOT_SET -> {}
    }
    return written.build();
  }
}
