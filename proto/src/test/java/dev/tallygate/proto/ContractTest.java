package dev.tallygate.proto;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.DescriptorProto.ReservedRange;
import com.google.protobuf.DescriptorProtos.EnumDescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumDescriptorProto.EnumReservedRange;
import com.google.protobuf.DescriptorProtos.EnumValueDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.MethodDescriptorProto;
import com.google.protobuf.DescriptorProtos.ServiceDescriptorProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class ContractTest {
  private static final Path PROMISED = Path.of("src", "test", "resources", "v1.contract");

  // The promises of the last release, by hand from the file that this test leaves in the build
  // folder. Nothing
  // rewrites them: a test that mends its own expectation expects nothing.
  @Test
  void publicContract_keepsEveryPromise() throws IOException {
    List<FileDescriptorProto> files = ContractFiles.inPackage("tallygate.v1");
    Files.write(Path.of("target", "v1.contract"), Contract.lines(files));

    List<String> promised =
        Files.readAllLines(PROMISED).stream()
            .filter(line -> !line.isBlank() && !line.startsWith("#"))
            .toList();

    assertThat(Contract.broken(promised, files)).isEmpty();
  }

  @Test
  void sameContract_breaksNothing() {
    assertThat(brokenBy(UnaryOperator.identity())).isEmpty();
    assertThat(Contract.lines(List.of(contract().build()))).hasSize(8);
  }

  @Test
  void fieldAdded_breaksNothing() {
    assertThat(brokenBy(file -> editMessage(file, m -> m.addField(field("holder", 2))))).isEmpty();
  }

  @Test
  void fieldRemoved_broken() {
    assertThat(brokenBy(file -> editMessage(file, DescriptorProto.Builder::clearField)))
        .containsExactly("field tallygate.v1.Ask.units = 1 optional int64");
  }

  @Test
  void fieldRemovedAndReserved_breaksNothing() {
    assertThat(
            brokenBy(
                file ->
                    editMessage(
                        file,
                        m ->
                            m.clearField()
                                .addReservedName("units")
                                .addReservedRange(
                                    ReservedRange.newBuilder().setStart(1).setEnd(2)))))
        .isEmpty();
  }

  @Test
  void fieldRenumbered_broken() {
    assertThat(brokenBy(file -> editMessage(file, m -> m.clearField().addField(field("units", 2)))))
        .hasSize(1);
  }

  @Test
  void fieldRetyped_broken() {
    assertThat(
            brokenBy(
                file ->
                    editMessage(
                        file,
                        m ->
                            m.setField(
                                0,
                                field("units", 1).setType(FieldDescriptorProto.Type.TYPE_STRING)))))
        .hasSize(1);
  }

  @Test
  void fieldMadeRepeated_broken() {
    assertThat(
            brokenBy(
                file ->
                    editMessage(
                        file,
                        m ->
                            m.setField(
                                0,
                                field("units", 1)
                                    .setLabel(FieldDescriptorProto.Label.LABEL_REPEATED)))))
        .hasSize(1);
  }

  @Test
  void enumValueRemoved_broken_unlessReserved() {
    assertThat(brokenBy(file -> editEnum(file, e -> e.removeValue(1))))
        .containsExactly("value tallygate.v1.Role.ROLE_LEADER = 1");
    assertThat(
            brokenBy(
                file ->
                    editEnum(
                        file,
                        e ->
                            e.removeValue(1)
                                .addReservedName("ROLE_LEADER")
                                .addReservedRange(
                                    EnumReservedRange.newBuilder().setStart(1).setEnd(1)))))
        .isEmpty();
  }

  @Test
  void rpcRemovedOrMadeStreaming_broken() {
    assertThat(brokenBy(FileDescriptorProto.Builder::clearService)).hasSize(2);
    assertThat(
            brokenBy(
                file -> {
                  file.getServiceBuilder(0).getMethodBuilder(0).setServerStreaming(true);
                  return file;
                }))
        .hasSize(1);
  }

  @Test
  void messageRemoved_broken() {
    assertThat(brokenBy(file -> file.removeMessageType(1)))
        .containsExactly("message tallygate.v1.Answer");
  }

  private static List<String> brokenBy(UnaryOperator<FileDescriptorProto.Builder> change) {
    return Contract.broken(
        Contract.lines(List.of(contract().build())), List.of(change.apply(contract()).build()));
  }

  private static FileDescriptorProto.Builder contract() {
    return FileDescriptorProto.newBuilder()
        .setPackage("tallygate.v1")
        .addMessageType(DescriptorProto.newBuilder().setName("Ask").addField(field("units", 1)))
        .addMessageType(DescriptorProto.newBuilder().setName("Answer"))
        .addEnumType(
            EnumDescriptorProto.newBuilder()
                .setName("Role")
                .addValue(
                    EnumValueDescriptorProto.newBuilder().setName("ROLE_UNSPECIFIED").setNumber(0))
                .addValue(
                    EnumValueDescriptorProto.newBuilder().setName("ROLE_LEADER").setNumber(1)))
        .addService(
            ServiceDescriptorProto.newBuilder()
                .setName("Desk")
                .addMethod(
                    MethodDescriptorProto.newBuilder()
                        .setName("Put")
                        .setInputType(".tallygate.v1.Ask")
                        .setOutputType(".tallygate.v1.Answer")));
  }

  private static FieldDescriptorProto.Builder field(String name, int number) {
    return FieldDescriptorProto.newBuilder()
        .setName(name)
        .setNumber(number)
        .setLabel(FieldDescriptorProto.Label.LABEL_OPTIONAL)
        .setType(FieldDescriptorProto.Type.TYPE_INT64);
  }

  private static FileDescriptorProto.Builder editMessage(
      FileDescriptorProto.Builder file, UnaryOperator<DescriptorProto.Builder> change) {
    return file.setMessageType(0, change.apply(file.getMessageType(0).toBuilder()));
  }

  private static FileDescriptorProto.Builder editEnum(
      FileDescriptorProto.Builder file, UnaryOperator<EnumDescriptorProto.Builder> change) {
    return file.setEnumType(0, change.apply(file.getEnumType(0).toBuilder()));
  }
}
