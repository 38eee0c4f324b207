package dev.tallygate.server.licensing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Timestamp;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import dev.tallygate.proto.log.v1.ConcurrentSession;
import dev.tallygate.proto.log.v1.Entitlement;
import dev.tallygate.proto.log.v1.Sharing;
import dev.tallygate.proto.v1.AllocateRequest;
import dev.tallygate.proto.v1.AllocateResponse;
import dev.tallygate.proto.v1.EntitlementUnits;
import dev.tallygate.proto.v1.LicensingServiceGrpc;
import dev.tallygate.proto.v1.SettleResponse;
import dev.tallygate.proto.v1.Subject;
import dev.tallygate.server.call.ByteMethods;
import dev.tallygate.server.call.OneLog;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bad bytes over real gRPC: refused by name, nothing changes, and the node goes on. */
class HostileInputTest {
  private static final long SEED = Long.getLong("seed", 20_260_104);
  private static final long SECOND_US = 1_000_000;
  private static final List<MethodDescriptor<?, ?>> DATA =
      List.of(
          LicensingServiceGrpc.getAllocateMethod(),
          LicensingServiceGrpc.getRenewMethod(),
          LicensingServiceGrpc.getReleaseMethod(),
          LicensingServiceGrpc.getCommitMethod(),
          LicensingServiceGrpc.getCancelMethod());
  private static final List<MethodDescriptor<?, ?>> ADMIN =
      List.of(
          LicensingServiceGrpc.getRevokeMethod(),
          LicensingServiceGrpc.getSetLimitMethod(),
          LicensingServiceGrpc.getAssignSeatMethod(),
          LicensingServiceGrpc.getUnassignSeatMethod());

  @TempDir private Path dir;
  private OneLog log;
  private TestNode node;
  private long digest;
  private long commands;

  @BeforeEach
  void start() throws Exception {
    log = new OneLog(dir);
    log.lead("n1");
    log.catalog(
        Entitlement.newBuilder()
            .setName("cad")
            .setLimit(2)
            .setConcurrentSession(
                ConcurrentSession.newBuilder()
                    .setTtlUs(60 * SECOND_US)
                    .setTtlMaxUs(60 * SECOND_US)
                    .setGraceUs(5 * SECOND_US)
                    .setSharing(Sharing.SHARING_SUBJECT))
            .build());
    node = new TestNode(log, "n1");
    digest = log.digest();
    commands = log.commands();
  }

  @AfterEach
  void stop() throws Exception {
    assertThat(log.digest()).as("nothing changed").isEqualTo(digest);
    assertThat(log.commands()).as("nothing was proposed").isEqualTo(commands);
    assertThat(node.allocate(good().build()).hasGranted()).as("the node goes on").isTrue();
    assertThat(node.halted.get()).isNull();
    node.close();
    log.close();
  }

  @Test
  void emptyRequest_everyMethod_namesTheFirstMissingField() {
    for (MethodDescriptor<?, ?> method : DATA)
      assertInvalid(method, new byte[0], method == DATA.get(0) ? "request_id" : "lease_id", false);
    assertInvalid(ADMIN.get(0), new byte[0], "lease_id", true);
    assertInvalid(ADMIN.get(1), new byte[0], "request_id", true);
  }

  @Test
  void noise_everyMethod_isInvalidArgument() {
    System.out.println("seed " + SEED);
    Random random = new Random(SEED);
    for (int i = 0; i < 300; i++) {
      byte[] noise = new byte[1 + random.nextInt(300)];
      random.nextBytes(noise);
      for (MethodDescriptor<?, ?> method : DATA) assertInvalid(method, noise, "", false);
      for (MethodDescriptor<?, ?> method : ADMIN) assertInvalid(method, noise, "", true);
    }
  }

  @Test
  void truncatedAtEachByte_isInvalidArgument() {
    byte[] whole = good().build().toByteArray();
    // The last field is the entitlement: without it nothing can be granted.
    for (int length = 0; length < whole.length; length++)
      assertInvalid(DATA.get(0), java.util.Arrays.copyOf(whole, length), "", false);
  }

  @Test
  void invalidField_error_carriesReasonAndField() throws Exception {
    StatusRuntimeException e =
        failure(DATA.get(0), good().setRequestId("x".repeat(65)).build().toByteArray(), false);
    com.google.rpc.Status status = Objects.requireNonNull(StatusProto.fromThrowable(e));
    assertThat(status.getDetails(0).unpack(ErrorInfo.class).getReason()).isEqualTo("INVALID_FIELD");
    assertThat(status.getDetails(1).unpack(BadRequest.class).getFieldViolations(0).getField())
        .isEqualTo("request_id");
  }

  @Test
  void oversizedMessage_isResourceExhausted() {
    byte[] huge = good().setSession("x".repeat(TestNode.MESSAGE_BYTES_MAX)).build().toByteArray();
    StatusRuntimeException e = failure(DATA.get(0), huge, false);
    assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
  }

  @Test
  void manyDuplicateProperties_areBounded() {
    AllocateRequest.Builder request = good();
    byte[] base = request.build().toByteArray();
    byte[] entry = {0x6A, 3, 0x0A, 1, 'k'};
    java.io.ByteArrayOutputStream out = new java.io.ByteArrayOutputStream();
    out.writeBytes(base);
    for (int i = 0; i < 65; i++) out.writeBytes(entry);
    assertInvalid(DATA.get(0), out.toByteArray(), "context", false);
  }

  @Test
  void twoMessagesInAUnaryCall_areRefused() throws Exception {
    ClientCall<byte[], byte[]> call =
        node.data.newCall(
            ByteMethods.of(DATA.get(0)).toBuilder()
                .setType(MethodDescriptor.MethodType.CLIENT_STREAMING)
                .build(),
            CallOptions.DEFAULT.withDeadlineAfter(5, TimeUnit.SECONDS));
    CompletableFuture<Status> end = new CompletableFuture<>();
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onClose(Status status, Metadata trailers) {
            end.complete(status);
          }
        },
        new Metadata());
    call.request(2);
    call.sendMessage(new byte[0]);
    call.sendMessage(new byte[0]);
    call.halfClose();
    // gRPC itself may reset a stream that breaks its method's type.
    assertThat(end.get(5, TimeUnit.SECONDS).getCode())
        .isIn(Status.Code.INVALID_ARGUMENT, Status.Code.INTERNAL, Status.Code.CANCELLED);
  }

  @Test
  void halfCloseWithoutMessage_isRefused() throws Exception {
    ClientCall<byte[], byte[]> call =
        node.data.newCall(
            ByteMethods.of(DATA.get(0)).toBuilder()
                .setType(MethodDescriptor.MethodType.CLIENT_STREAMING)
                .build(),
            CallOptions.DEFAULT.withDeadlineAfter(5, TimeUnit.SECONDS));
    CompletableFuture<Status> end = new CompletableFuture<>();
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onClose(Status status, Metadata trailers) {
            end.complete(status);
          }
        },
        new Metadata());
    call.request(1);
    call.halfClose();
    assertThat(end.get(5, TimeUnit.SECONDS).getCode())
        .isIn(Status.Code.INVALID_ARGUMENT, Status.Code.INTERNAL);
  }

  private AllocateRequest.Builder good() {
    return AllocateRequest.newBuilder()
        .setRequestId("good")
        .setIssuedAt(Timestamp.newBuilder().setSeconds(log.wallUs() / SECOND_US))
        .setSubject(Subject.newBuilder().setId("ann"))
        .addEntitlements(EntitlementUnits.newBuilder().setEntitlement("cad"));
  }

  private void assertInvalid(
      MethodDescriptor<?, ?> method, byte[] request, String field, boolean admin) {
    StatusRuntimeException e = failure(method, request, admin);
    assertThat(e.getStatus().getCode())
        .as("%s: %s", method.getBareMethodName(), e)
        .isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(e.getStatus().getDescription()).startsWith(field);
  }

  private StatusRuntimeException failure(
      MethodDescriptor<?, ?> method, byte[] request, boolean admin) {
    var parser = method == DATA.get(0) ? AllocateResponse.parser() : SettleResponse.parser();
    StatusRuntimeException[] failure = new StatusRuntimeException[1];
    assertThatThrownBy(
            () -> {
              try {
                node.call(admin ? node.admin : node.data, method, request, parser);
              } catch (StatusRuntimeException e) {
                failure[0] = e;
                throw e;
              }
            })
        .isInstanceOf(StatusRuntimeException.class);
    return failure[0];
  }
}
