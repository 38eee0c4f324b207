package dev.tallygate.proto;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import java.util.ArrayList;
import java.util.List;

/** What the contract must not contain. Each finding says what to do instead. */
final class ProtoLint {
  private final List<String> findings = new ArrayList<>();

  private ProtoLint() {}

  /** Findings for any of our files. */
  static List<String> everywhere(FileDescriptorProto file) {
    ProtoLint lint = new ProtoLint();
    lint.home(file);
    file.getEnumTypeList().forEach(type -> lint.enumType(file.getPackage(), type));
    file.getMessageTypeList().forEach(type -> lint.enumsIn(file.getPackage(), type));
    return lint.findings;
  }

  /** Findings for a file whose bytes must be the same on every node. */
  static List<String> inLog(FileDescriptorProto file) {
    ProtoLint lint = new ProtoLint();
    file.getMessageTypeList().forEach(type -> lint.bytesOf(file.getPackage(), type));
    return lint.findings;
  }

  private void home(FileDescriptorProto file) {
    int slash = file.getName().lastIndexOf('/');
    String folder = slash < 0 ? "" : file.getName().substring(0, slash).replace('/', '.');
    require(
        folder.equals(file.getPackage()),
        file.getName(),
        "its folder is not its package `" + file.getPackage() + "`: move it");
    String javaPackage = file.getPackage().replaceFirst("^tallygate", "dev.tallygate.proto");
    require(
        file.getOptions().getJavaPackage().equals(javaPackage),
        file.getName(),
        "set java_package to `" + javaPackage + "`");
    require(file.getOptions().getJavaMultipleFiles(), file.getName(), "set java_multiple_files");
    require(
        !file.getOptions().getGoPackage().isEmpty(),
        file.getName(),
        "set go_package: Go's generator refuses a file without it");
  }

  private void enumsIn(String scope, DescriptorProto message) {
    String name = scope + "." + message.getName();
    message.getEnumTypeList().forEach(type -> enumType(name, type));
    message.getNestedTypeList().forEach(nested -> enumsIn(name, nested));
  }

  private void enumType(String scope, EnumDescriptorProto type) {
    require(
        type.getValue(0).getName().endsWith("_UNSPECIFIED"),
        scope + "." + type.getName(),
        "name its zero ..._UNSPECIFIED: a reader takes a value that it does not know for zero");
  }

  private void bytesOf(String scope, DescriptorProto message) {
    String name = scope + "." + message.getName();
    for (DescriptorProto nested : message.getNestedTypeList()) {
      require(
          !nested.getOptions().getMapEntry(),
          name,
          "a map has no order on the wire: use a repeated message, sorted by its key");
      if (!nested.getOptions().getMapEntry()) {
        bytesOf(name, nested);
      }
    }
    for (FieldDescriptorProto field : message.getFieldList()) {
      String fieldName = name + "." + field.getName();
      require(
          field.getType() != FieldDescriptorProto.Type.TYPE_FLOAT
              && field.getType() != FieldDescriptorProto.Type.TYPE_DOUBLE,
          fieldName,
          "arithmetic on floats may differ between machines: use an integer and a unit");
      require(
          !field.getTypeName().equals(".google.protobuf.Any"),
          fieldName,
          "Any packs bytes that this schema does not fix: use a oneof");
    }
  }

  private void require(boolean holds, String where, String what) {
    if (!holds) {
      findings.add(where + ": " + what);
    }
  }
}
