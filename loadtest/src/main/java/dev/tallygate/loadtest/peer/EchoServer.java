package dev.tallygate.loadtest.peer;

import dev.tallygate.loadtest.drive.EchoWorkload;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.channel.nio.NioEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioServerSocketChannel;
import io.grpc.stub.ServerCalls;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * A process that answers each unary call with its own bytes: grpc-java and nothing else, one event
 * loop, the direct executor. Ends when its input does, that is with the run that started it.
 */
final class EchoServer {
  private EchoServer() {}

  /**
   * Serves until its input ends.
   *
   * @param arguments the port, on loopback
   */
  public static void main(String[] arguments) throws IOException {
    Server server = start(Integer.parseInt(arguments[0]));
    System.in.transferTo(OutputStream.nullOutputStream());
    server.shutdownNow();
    System.exit(0);
  }

  static Server start(int port) throws IOException {
    NioEventLoopGroup loop = new NioEventLoopGroup(1);
    MethodDescriptor<byte[], byte[]> method =
        MethodDescriptor.<byte[], byte[]>newBuilder()
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName(EchoWorkload.METHOD)
            .setRequestMarshaller(new BytesMarshaller())
            .setResponseMarshaller(new BytesMarshaller())
            .build();
    String service = MethodDescriptor.extractFullServiceName(EchoWorkload.METHOD);
    return NettyServerBuilder.forAddress(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
        .channelType(NioServerSocketChannel.class)
        .bossEventLoopGroup(loop)
        .workerEventLoopGroup(loop)
        .directExecutor()
        .addService(
            ServerServiceDefinition.builder(service)
                .addMethod(
                    method,
                    ServerCalls.asyncUnaryCall(
                        (request, reply) -> {
                          reply.onNext(request);
                          reply.onCompleted();
                        }))
                .build())
        .build()
        .start();
  }
}
