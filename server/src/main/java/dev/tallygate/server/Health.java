package dev.tallygate.server;

import dev.tallygate.raft.state.View;
import dev.tallygate.server.grpc.Consensus;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says whether this node is fit to be asked. SERVING needs all of: a known leader, tables that are
 * whole, a cluster that has its settings and first tenant, staleness below its bound, and no
 * dispute over the digest. Any thread.
 */
final class Health {
  private static final Logger LOG = LoggerFactory.getLogger(Health.class);

  private final Consensus consensus;
  private final View view;
  private final BooleanSupplier whole;
  private final BooleanSupplier seeded;
  private final Freshness freshness;
  private final long stalenessMsMax;
  private final Set<String> services;
  private final List<HealthService> told = new CopyOnWriteArrayList<>();

  // Written under the lock of this.
  private boolean stopped;
  private volatile String reason = "has just started";

  /**
   * @param whole false while a snapshot is being installed
   * @param services names beside the empty one, all of which share one status
   */
  Health(
      Consensus consensus,
      View view,
      BooleanSupplier whole,
      BooleanSupplier seeded,
      Freshness freshness,
      long stalenessMsMax,
      List<String> services) {
    this.consensus = consensus;
    this.view = view;
    this.whole = whole;
    this.seeded = seeded;
    this.freshness = freshness;
    this.stalenessMsMax = stalenessMsMax;
    this.services = Set.copyOf(services);
  }

  /** The service of one more listener. */
  HealthService service() {
    HealthService service = new HealthService(services, this::status);
    told.add(service);
    return service;
  }

  private ServingStatus status() {
    return isServing() ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
  }

  /** Looks again and publishes what it finds. */
  void update() {
    String now = find();
    synchronized (this) {
      if (stopped || now.equals(reason)) return;
      LOG.info(now.isEmpty() ? "this node is serving" : "this node is not serving: it {}", now);
      reason = now;
    }
    told.forEach(HealthService::changed);
  }

  boolean isServing() {
    return reason.isEmpty();
  }

  /** Why it is not serving; empty where it is. */
  String reason() {
    return reason;
  }

  /** NOT_SERVING from now on, whatever {@link #update} finds. */
  void stop() {
    synchronized (this) {
      stopped = true;
      reason = "is stopping";
    }
    told.forEach(HealthService::changed);
  }

  private String find() {
    if (consensus.leaderId() == null) return "knows no leader";
    if (!whole.getAsBoolean()) return "installs a snapshot";
    if (!seeded.getAsBoolean()) return "waits for the first leader's settings";
    if (view.disputedIndex() != 0) return "sees replicas that differ";
    if (!freshness.isWithin(stalenessMsMax)) return "does not know whether it is up to date";
    return "";
  }
}
