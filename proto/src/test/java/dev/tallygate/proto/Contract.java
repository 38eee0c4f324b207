package dev.tallygate.proto;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.MethodDescriptorProto;
import com.google.protobuf.DescriptorProtos.ServiceDescriptorProto;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;

/**
 * The public contract as a list of lines, one a promise to a client, and the promises that a later
 * contract breaks. A line may be added at any time. It may go only where its number and its name
 * stay reserved, which is a line of its own.
 */
final class Contract {
  private final TreeSet<String> lines = new TreeSet<>();

  private Contract() {}

  static List<String> lines(Collection<FileDescriptorProto> files) {
    Contract contract = new Contract();
    for (FileDescriptorProto file : files) {
      file.getEnumTypeList().forEach(type -> contract.enumType(file.getPackage(), type));
      file.getMessageTypeList().forEach(type -> contract.message(file.getPackage(), type));
      file.getServiceList().forEach(service -> contract.service(file.getPackage(), service));
    }
    return List.copyOf(contract.lines);
  }

  /**
   * The lines of an older contract that a newer one does not keep.
   *
   * @param promised lines as {@link #lines} gives them
   */
  static List<String> broken(Collection<String> promised, Collection<FileDescriptorProto> files) {
    List<String> kept = lines(files);
    return promised.stream()
        .filter(line -> !kept.contains(line) && !kept.contains(retired(line)))
        .toList();
  }

  /** {@code field a.B.c = 3 int32} becomes {@code retired a.B.c = 3}. */
  private static String retired(String line) {
    String[] words = line.split(" ", -1);
    return words.length < 4 ? "" : "retired " + words[1] + " = " + words[3];
  }

  private void message(String scope, DescriptorProto type) {
    String name = scope + "." + type.getName();
    lines.add("message " + name);
    for (FieldDescriptorProto field : type.getFieldList()) {
      lines.add(
          "field %s.%s = %d %s%s %s"
              .formatted(
                  name,
                  field.getName(),
                  field.getNumber(),
                  lower(field.getLabel().name(), "LABEL_"),
                  field.getProto3Optional() ? " presence" : oneof(type, field),
                  field.getTypeName().isEmpty()
                      ? lower(field.getType().name(), "TYPE_")
                      : field.getTypeName().substring(1)));
    }
    // Every name with every number: which belonged to which is no longer known.
    for (String reserved : type.getReservedNameList()) {
      type.getReservedRangeList()
          .forEach(range -> retired(name, reserved, range.getStart(), range.getEnd() - 1));
    }
    type.getNestedTypeList().forEach(nested -> message(name, nested));
    type.getEnumTypeList().forEach(nested -> enumType(name, nested));
  }

  private static String oneof(DescriptorProto type, FieldDescriptorProto field) {
    return field.hasOneofIndex() ? " in " + type.getOneofDecl(field.getOneofIndex()).getName() : "";
  }

  private void enumType(String scope, EnumDescriptorProto type) {
    String name = scope + "." + type.getName();
    lines.add("enum " + name);
    type.getValueList()
        .forEach(
            value ->
                lines.add("value " + name + "." + value.getName() + " = " + value.getNumber()));
    for (String reserved : type.getReservedNameList()) {
      type.getReservedRangeList()
          .forEach(range -> retired(name, reserved, range.getStart(), range.getEnd()));
    }
  }

  private void retired(String scope, String name, int first, int last) {
    for (int number = first; number <= Math.min(last, first + 1_000); number++) {
      lines.add("retired " + scope + "." + name + " = " + number);
    }
  }

  private void service(String scope, ServiceDescriptorProto service) {
    String name = scope + "." + service.getName();
    lines.add("service " + name);
    for (MethodDescriptorProto method : service.getMethodList()) {
      lines.add(
          "rpc "
              + name
              + "."
              + method.getName()
              + " ("
              + (method.getClientStreaming() ? "stream " : "")
              + method.getInputType().substring(1)
              + ") returns ("
              + (method.getServerStreaming() ? "stream " : "")
              + method.getOutputType().substring(1)
              + ")");
    }
  }

  private static String lower(String name, String prefix) {
    return name.substring(prefix.length()).toLowerCase(Locale.ROOT);
  }
}
