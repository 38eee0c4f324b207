package dev.tallygate.proto;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumDescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumValueDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileOptions;
import com.google.protobuf.DescriptorProtos.MessageOptions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ProtoLintTest {
  @Test
  void contract_hasNoFindings() {
    List<FileDescriptorProto> files = ContractFiles.all();

    assertThat(files).hasSize((int) ContractFiles.packaged()).isNotEmpty();
    assertThat(files).flatMap(ProtoLint::everywhere).isEmpty();
    assertThat(ContractFiles.inPackage("tallygate.log.v1"))
        .isNotEmpty()
        .flatMap(ProtoLint::inLog)
        .isEmpty();
  }

  @Test
  void cleanFile_hasNoFindings() {
    FileDescriptorProto file = planted(DescriptorProto.newBuilder().setName("Row")).build();

    assertThat(ProtoLint.everywhere(file)).isEmpty();
    assertThat(ProtoLint.inLog(file)).isEmpty();
  }

  @Test
  void mapInLog_refused() {
    DescriptorProto entry =
        DescriptorProto.newBuilder()
            .setName("RowsEntry")
            .setOptions(MessageOptions.newBuilder().setMapEntry(true))
            .build();

    assertFinding("tallygate.log.v1.Table: a map has no order", message("Table", entry));
  }

  @ParameterizedTest
  @EnumSource(
      value = FieldDescriptorProto.Type.class,
      names = {"TYPE_FLOAT", "TYPE_DOUBLE"})
  void floatInLog_refused(FieldDescriptorProto.Type type) {
    DescriptorProto.Builder row =
        DescriptorProto.newBuilder()
            .setName("Row")
            .addField(FieldDescriptorProto.newBuilder().setName("rate").setType(type));

    assertFinding("tallygate.log.v1.Table.Row.rate: arithmetic", message("Table", row.build()));
  }

  @Test
  void anyInLog_refused() {
    DescriptorProto.Builder row =
        DescriptorProto.newBuilder()
            .setName("Row")
            .addField(
                FieldDescriptorProto.newBuilder()
                    .setName("content")
                    .setType(FieldDescriptorProto.Type.TYPE_MESSAGE)
                    .setTypeName(".google.protobuf.Any"));

    assertFinding("tallygate.log.v1.Table.Row.content: Any", message("Table", row.build()));
  }

  @Test
  void enumZeroWithAMeaning_refused() {
    EnumDescriptorProto role =
        EnumDescriptorProto.newBuilder()
            .setName("Role")
            .addValue(EnumValueDescriptorProto.newBuilder().setName("ROLE_LEADER").setNumber(0))
            .build();
    FileDescriptorProto nested =
        planted(DescriptorProto.newBuilder().setName("Node").addEnumType(role)).build();

    assertThat(ProtoLint.everywhere(nested))
        .singleElement()
        .asString()
        .startsWith("tallygate.log.v1.Node.Role: name its zero");
    assertThat(ProtoLint.everywhere(planted().addEnumType(role).build())).hasSize(1);
  }

  @Test
  void fileAwayFromHome_refused() {
    FileDescriptorProto file =
        FileDescriptorProto.newBuilder()
            .setName("tallygate/row.proto")
            .setPackage("tallygate.log.v1")
            .build();

    assertThat(ProtoLint.everywhere(file)).hasSize(4);
  }

  private static void assertFinding(String start, DescriptorProto.Builder message) {
    assertThat(ProtoLint.inLog(planted(message).build()))
        .singleElement()
        .asString()
        .startsWith(start);
  }

  private static DescriptorProto.Builder message(String name, DescriptorProto nested) {
    return DescriptorProto.newBuilder().setName(name).addNestedType(nested);
  }

  private static FileDescriptorProto.Builder planted(DescriptorProto.Builder... messages) {
    FileDescriptorProto.Builder file =
        FileDescriptorProto.newBuilder()
            .setName("tallygate/log/v1/planted.proto")
            .setPackage("tallygate.log.v1")
            .setOptions(
                FileOptions.newBuilder()
                    .setJavaPackage("dev.tallygate.proto.log.v1")
                    .setJavaMultipleFiles(true)
                    .setGoPackage("planted"));
    for (DescriptorProto.Builder message : messages) {
      file.addMessageType(message);
    }
    return file;
  }
}
