package dev.tallygate.server;

import dev.tallygate.server.grpc.GrpcErrors;
import dev.tallygate.server.grpc.Places;
import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * {@code grpc.health.v1.Health} of one listener. All services share one status.
 *
 * <p>Not gRPC's own, which keeps whatever name a watch asks for, for as long as its connection
 * lives. The services of a node never change, so a watch of an unknown one ends with NOT_FOUND. Any
 * thread.
 */
final class HealthService implements BindableService {
  static final int WATCHES_MAX = 64;
  static final int WATCHES_EACH_MAX = 8;

  /** No service has a longer name. */
  private static final int NAME_CHARS_MAX = 64;

  private final Set<String> services;
  private final Supplier<ServingStatus> status;
  private final Places places = new Places("health watches", WATCHES_MAX, WATCHES_EACH_MAX);
  private final Set<Watch> watches = ConcurrentHashMap.newKeySet();

  /**
   * @param services names beside the empty one, which is the whole node
   */
  HealthService(Set<String> services, Supplier<ServingStatus> status) {
    this.services = services;
    this.status = status;
  }

  @Override
  public ServerServiceDefinition bindService() {
    return ServerServiceDefinition.builder(HealthGrpc.getServiceDescriptor())
        .addMethod(HealthGrpc.getCheckMethod(), ServerCalls.asyncUnaryCall(this::check))
        .addMethod(
            HealthGrpc.getWatchMethod(),
            places.holding(ServerCalls.asyncServerStreamingCall(this::watch)))
        .build();
  }

  private void check(HealthCheckRequest request, StreamObserver<HealthCheckResponse> reply) {
    if (isUnknown(request, reply)) return;
    reply.onNext(response(status.get()));
    reply.onCompleted();
  }

  private void watch(HealthCheckRequest request, StreamObserver<HealthCheckResponse> reply) {
    if (isUnknown(request, reply)) return;
    Watch watch = new Watch((ServerCallStreamObserver<HealthCheckResponse>) reply);
    watches.add(watch);
    watch.tell();
  }

  private boolean isUnknown(HealthCheckRequest request, StreamObserver<?> reply) {
    String name = request.getService();
    if (name.isEmpty() || services.contains(name)) return false;
    String shown = name.length() <= NAME_CHARS_MAX ? name : name.length() + " characters";
    reply.onError(GrpcErrors.notFound("service", shown).exception());
    return true;
  }

  /** Tells the watches what the status is now. */
  void changed() {
    watches.forEach(Watch::tell);
  }

  private static HealthCheckResponse response(ServingStatus status) {
    return HealthCheckResponse.newBuilder().setStatus(status).build();
  }

  /** One open watch: is told the last status only, and no faster than it reads. */
  private final class Watch {
    private final ServerCallStreamObserver<HealthCheckResponse> caller;
    private @Nullable ServingStatus told;

    Watch(ServerCallStreamObserver<HealthCheckResponse> caller) {
      this.caller = caller;
      caller.setOnReadyHandler(this::tell);
      caller.setOnCancelHandler(() -> watches.remove(this));
    }

    synchronized void tell() {
      ServingStatus now = status.get();
      if (now == told || caller.isCancelled() || !caller.isReady()) return;
      told = now;
      caller.onNext(response(now));
    }
  }
}
