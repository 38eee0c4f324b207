package dev.tallygate.raft;

import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.grpc.server.GrpcServices;
import org.apache.ratis.proto.RaftProtos.AppendEntriesReplyProto;
import org.apache.ratis.proto.grpc.AdminProtocolServiceGrpc;
import org.apache.ratis.proto.grpc.RaftClientProtocolServiceGrpc;
import org.apache.ratis.thirdparty.io.grpc.ForwardingServerCall;
import org.apache.ratis.thirdparty.io.grpc.Metadata;
import org.apache.ratis.thirdparty.io.grpc.ServerCall;
import org.apache.ratis.thirdparty.io.grpc.ServerCallExecutorSupplier;
import org.apache.ratis.thirdparty.io.grpc.ServerCallHandler;
import org.apache.ratis.thirdparty.io.grpc.ServerInterceptor;
import org.apache.ratis.thirdparty.io.grpc.Status;
import org.apache.ratis.thirdparty.io.grpc.netty.NettyServerBuilder;
import org.jspecify.annotations.Nullable;

/**
 * The port on which the others reach this node: Raft's, with our {@link PeerService} added, Ratis'
 * client and admin services closed, and the {@link Watermark} raised before an answer leaves.
 */
final class PeerPort implements GrpcServices.Customizer, ServerInterceptor {
  private static final Set<String> CLOSED =
      Set.of(RaftClientProtocolServiceGrpc.SERVICE_NAME, AdminProtocolServiceGrpc.SERVICE_NAME);
  private static final int METADATA_BYTES_MAX = 16 << 10;
  private static final int HANDSHAKE_SECONDS = 10;

  private final PeerService service;
  private final Watermark watermark;

  PeerPort(PeerService service, Watermark watermark) {
    this.service = service;
    this.watermark = watermark;
  }

  @Override
  public NettyServerBuilder customize(
      NettyServerBuilder builder, EnumSet<GrpcServices.Type> types) {
    builder.addService(service.definition());
    builder.intercept(this);
    builder.callExecutor(new OursInline());
    return builder
        .maxInboundMetadataSize(METADATA_BYTES_MAX)
        .handshakeTimeout(HANDSHAKE_SECONDS, TimeUnit.SECONDS)
        .permitKeepAliveTime(1, TimeUnit.SECONDS)
        .permitKeepAliveWithoutCalls(true);
  }

  /** Our handlers never block, so they need no thread of their own; those of Ratis do. */
  private static final class OursInline implements ServerCallExecutorSupplier {
    @Override
    public <Q, A> @Nullable Executor getExecutor(ServerCall<Q, A> call, Metadata metadata) {
      return PeerWire.SERVICE.equals(call.getMethodDescriptor().getServiceName())
          ? Runnable::run
          : null;
    }
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    String name = String.valueOf(call.getMethodDescriptor().getServiceName());
    if (CLOSED.contains(name)) {
      call.close(
          Status.UNIMPLEMENTED.withDescription("this port is for peers only"), new Metadata());
      return new ServerCall.Listener<>() {};
    }
    return next.startCall(name.equals(PeerWire.SERVICE) ? call : new Marked<>(call), headers);
  }

  /** Sees what this node tells a leader that it holds. */
  private final class Marked<Q, A> extends ForwardingServerCall.SimpleForwardingServerCall<Q, A> {
    private Marked(ServerCall<Q, A> call) {
      super(call);
    }

    @Override
    public void sendMessage(A message) {
      if (message instanceof AppendEntriesReplyProto reply
          && reply.getResult() == AppendEntriesReplyProto.AppendResult.SUCCESS
          && !reply.getIsHearbeat()) {
        watermark.acknowledging(reply.getTerm(), reply.getMatchIndex());
      }
      super.sendMessage(message);
    }
  }
}
