package dev.tallygate.server;

import dev.tallygate.raft.RaftNode;
import dev.tallygate.raft.RaftStatus;
import dev.tallygate.raft.state.Counts;
import dev.tallygate.raft.state.Entitlement;
import dev.tallygate.raft.state.Reader;
import dev.tallygate.raft.state.Span;
import dev.tallygate.raft.state.TableId;
import dev.tallygate.raft.state.TenantView;
import dev.tallygate.raft.state.View;
import dev.tallygate.server.grpc.CallCounts;
import io.opentelemetry.api.metrics.ObservableLongMeasurement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** Registers what a node shows of itself beside its calls. */
final class Gauges {
  private static final int POOLS_READ_MAX = 10_000;

  private final NodeMetrics metrics;

  Gauges(NodeMetrics metrics) {
    this.metrics = metrics;
  }

  void ofConsensus(RaftNode raft, RatisFsync fsync) {
    metrics.gauge(
        "tallygate.raft.leader",
        "1 on a node that leads and may propose",
        () -> raft.isLeaderReady() ? 1 : 0);
    metrics.gauge("tallygate.raft.term", "The Raft term", raft::term);
    metrics.gauges(
        "tallygate.raft.index",
        "Indexes of the log",
        to -> {
          RaftStatus now = raft.status();
          to.record(now.commitIndex(), NodeMetrics.labels("kind", "committed"));
          to.record(now.appliedIndex(), NodeMetrics.labels("kind", "applied"));
          to.record(now.flushIndex(), NodeMetrics.labels("kind", "flushed"));
          to.record(now.snapshotIndex(), NodeMetrics.labels("kind", "snapshot"));
        });
    metrics.gauges(
        "tallygate.raft.commands.waiting",
        "Commands that wait for a batch, and those that wait for an answer",
        to -> {
          RaftStatus now = raft.status();
          to.record(now.queuedCommands(), NodeMetrics.labels("for", "batch"));
          to.record(now.pendingCommands(), NodeMetrics.labels("for", "answer"));
        });
    metrics.counter(
        "tallygate.raft.entries.proposed",
        "Entries that this node proposed",
        to -> to.record(raft.status().entriesProposed()));
    metrics.counter(
        "tallygate.raft.commands.proposed",
        "Commands that this node proposed",
        to -> to.record(raft.status().commandsProposed()));
    metrics.counter(
        "tallygate.log.fsyncs",
        "Times the log was forced to the disk",
        to -> to.record(fsync.count()));
    metrics.gauge(
        "tallygate.log.fsync.p50", "Median time of the recent ones", "s", () -> fsync.seconds(0.5));
    metrics.gauge(
        "tallygate.log.fsync.p99", "The slowest hundredth", "s", () -> fsync.seconds(0.99));
  }

  void ofState(View view, int poolsMax) {
    metrics.gauges(
        "tallygate.table.rows",
        "Rows of each table",
        to -> {
          for (TableId id : TableId.values()) to.record(view.rows(id), labels(id));
        });
    metrics.gauges(
        "tallygate.table.rows.max",
        "Bound on the rows of each table",
        to -> {
          for (TableId id : TableId.values()) to.record(view.bound(id), labels(id));
        });
    metrics.gauge("tallygate.ledger.bytes", "Length of the ledger", view::ledgerBytes);
    metrics.gauge(
        "tallygate.digest.agreed.index",
        "The highest index at which a majority agreed on the digest",
        view::agreedIndex);
    metrics.gauge(
        "tallygate.digest.disputed",
        "1 where no majority can agree any more",
        () -> view.disputedIndex() != 0 ? 1 : 0);
    metrics.gauges(
        "tallygate.pool.units",
        "Units of the fullest pools that are not partitioned",
        to -> pools(view, poolsMax).forEach(pool -> pool.record(to)));
  }

  void ofProcess(Freshness freshness, ClusterClock clock, CallGate dataGate, CallGate adminGate) {
    metrics.gauge(
        "tallygate.staleness",
        "Since this node last knew that it was up to date; -1 for never",
        "s",
        () -> freshness.stalenessMs() < 0 ? -1 : freshness.stalenessMs() / 1e3);
    metrics.gauge(
        "tallygate.clock.offset",
        "The median of the voters' clocks less this node's",
        "s",
        () -> clock.offsetUs() / 1e6);
    metrics.gauge(
        "tallygate.calls.in.flight",
        "Calls not yet answered",
        () -> dataGate.callsInFlight() + adminGate.callsInFlight());
    metrics.gauge(
        "tallygate.bytes.in.flight",
        "Bytes of their requests",
        () -> dataGate.bytesInFlight() + adminGate.bytesInFlight());
    Runtime runtime = Runtime.getRuntime();
    metrics.gauge(
        "tallygate.heap.used",
        "Bytes of the heap in use",
        () -> runtime.totalMemory() - runtime.freeMemory());
    metrics.gauge("tallygate.heap.max", "Bytes that the heap may grow to", runtime::maxMemory);
  }

  void ofAnswers(CallCounts counts) {
    metrics.counter(
        "tallygate.answers",
        "What calls came to",
        to -> {
          for (CallCounts.Call call : CallCounts.Call.values()) {
            for (CallCounts.Result result : CallCounts.Result.values()) {
              long count = counts.read(call, result);
              if (count > 0) {
                to.record(count, NodeMetrics.labels("call", word(call), "result", word(result)));
              }
            }
          }
        });
  }

  /** One pool as read. */
  private record PoolCounts(
      String tenant, String entitlement, long limit, long free, long deficit) {
    double fullness() {
      return limit <= 0 ? 1 : 1 - (double) free / limit;
    }

    void record(ObservableLongMeasurement to) {
      record(to, "limit", limit);
      record(to, "free", free);
      record(to, "deficit", deficit);
    }

    private void record(ObservableLongMeasurement to, String kind, long units) {
      to.record(
          units, NodeMetrics.labels("tenant", tenant, "entitlement", entitlement, "kind", kind));
    }
  }

  private static List<PoolCounts> pools(View view, int poolsMax) {
    List<PoolCounts> pools = new ArrayList<>();
    Reader reader = view.reader();
    Span whole = new Span();
    whole.set("");
    for (TenantView tenant : view.tenants().values()) {
      for (Entitlement entitlement : tenant.entitlements().values()) {
        if (pools.size() < POOLS_READ_MAX && reader.pool(tenant, entitlement, whole)) {
          Counts now = reader.counts();
          pools.add(
              new PoolCounts(
                  tenant.name(), entitlement.name(), now.limit(), now.free(), now.deficit()));
        }
      }
    }
    pools.sort(Comparator.comparingDouble(PoolCounts::fullness).reversed());
    return pools.subList(0, Math.min(poolsMax, pools.size()));
  }

  private static io.opentelemetry.api.common.Attributes labels(TableId id) {
    return NodeMetrics.labels("table", word(id));
  }

  private static String word(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
