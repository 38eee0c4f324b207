package dev.tallygate.server.cli;

import com.google.protobuf.DescriptorProtos;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.Status;

/**
 * A node whose every answer has the worst text in every field that takes one, and one item in every
 * list; or fails with it.
 */
final class HostileAnswers {
  /** Clears the screen, turns the line around, begins a line, and hides. */
  static final String EVIL = "a\u001b[2J\u009b31m\u202e\u2028\u2066\u200b\r\u0007b\udb40\udc01c";

  private static final int DEPTH_MAX = 5;

  private HostileAnswers() {}

  static ServerServiceDefinition of(ServiceDescriptor service, boolean fails) {
    ServerServiceDefinition.Builder builder = ServerServiceDefinition.builder(service);
    for (MethodDescriptor<?, ?> method : service.getMethods())
      builder.addMethod(answering(method, fails));
    return builder.build();
  }

  private static <Q, A> ServerMethodDefinition<Q, A> answering(
      MethodDescriptor<Q, A> method, boolean fails) {
    return ServerMethodDefinition.create(
        method,
        (call, headers) -> {
          call.request(1);
          return new ServerCall.Listener<>() {
            @Override
            public void onHalfClose() {
              if (fails) {
                call.close(Status.INVALID_ARGUMENT.withDescription(EVIL), new Metadata());
                return;
              }
              call.sendHeaders(new Metadata());
              call.sendMessage(answer(method));
              call.close(Status.OK, new Metadata());
            }
          };
        });
  }

  @SuppressWarnings("unchecked") // The prototype is of the method's own type.
  private static <A> A answer(MethodDescriptor<?, A> method) {
    var marshaller = (MethodDescriptor.PrototypeMarshaller<A>) method.getResponseMarshaller();
    Message prototype =
        (Message) java.util.Objects.requireNonNull(marshaller.getMessagePrototype());
    return (A) filled(prototype.newBuilderForType(), 0);
  }

  static Message filled(Message.Builder builder, int depth) {
    for (FieldDescriptor field : builder.getDescriptorForType().getFields()) {
      // What asks for a further page would ask for ever.
      if (field.getName().endsWith("next_page_token") || field.getName().equals("continue_token"))
        continue;
      // The first of several.
      if (field.getContainingOneof() != null
          && builder.getOneofFieldDescriptor(field.getContainingOneof()) != null) continue;
      boolean nested = field.getJavaType() == FieldDescriptor.JavaType.MESSAGE;
      if (nested && depth >= DEPTH_MAX) continue;
      Object value = nested ? filled(builder.newBuilderForField(field), depth + 1) : value(field);
      if (field.isRepeated()) builder.addRepeatedField(field, value);
      else builder.setField(field, value);
    }
    return builder.build();
  }

  private static Object value(FieldDescriptor field) {
    return switch (field.getJavaType()) {
      case STRING -> EVIL;
      case INT -> 1;
      case LONG -> 1L;
      case FLOAT -> 1f;
      case DOUBLE -> 1d;
      case BOOLEAN -> true;
      case BYTE_STRING -> com.google.protobuf.ByteString.copyFromUtf8(EVIL);
      case ENUM -> field.getEnumType().getValues().getLast();
      case MESSAGE -> DescriptorProtos.FileOptions.getDefaultInstance();
    };
  }
}
