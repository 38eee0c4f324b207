package dev.tallygate.server.licensing;

import dev.tallygate.proto.v1.Lease;
import dev.tallygate.proto.v1.LeaseState;
import dev.tallygate.proto.v1.ListLeasesRequest;
import dev.tallygate.proto.v1.ListLeasesResponse;
import dev.tallygate.proto.v1.Subject;
import dev.tallygate.raft.state.Bytes;
import dev.tallygate.raft.state.Entitlement;
import dev.tallygate.raft.state.IdList;
import dev.tallygate.raft.state.LeaseRow;
import dev.tallygate.raft.state.PoolList;
import dev.tallygate.raft.state.TenantView;
import dev.tallygate.raft.state.View;
import dev.tallygate.server.call.BadCall;
import dev.tallygate.server.grpc.GrpcErrors;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** ListLeases: reads this node's own state, no fresher than what it has applied. */
final class LeasePages {
  /** Ids that are taken from a pool's list at a time. */
  private static final int IDS = 256;

  private final Parts parts;
  private final View view;

  LeasePages(Parts parts, View view) {
    this.parts = parts;
    this.view = view;
  }

  ListLeasesResponse read(ListLeasesRequest request) throws BadCall {
    FieldBounds.text("tenant", request.getTenant(), 0, Limits.TENANT_BYTES_MAX);
    FieldBounds.text("entitlement", request.getEntitlement(), 0, Limits.ENTITLEMENT_BYTES_MAX);
    FieldBounds.text("partition", request.getPartition(), 0, Limits.PARTITION_BYTES_MAX);
    FieldBounds.text("label", request.getLabel(), 0, Limits.LABEL_BYTES_MAX);
    Bytes holder = request.hasHolder() ? holder(request.getHolder()) : null;
    TenantView tenant = parts.catalogs().tenant(request.getTenant());
    if (tenant == null) throw GrpcErrors.notFound("tenant", request.getTenant()).exception();
    if (!request.getEntitlement().isEmpty()
        && tenant.entitlement(request.getEntitlement()) == null
        && tenant.retired(request.getEntitlement()).isEmpty())
      throw GrpcErrors.notFound("entitlement", request.getEntitlement()).exception();
    Page page =
        Page.begin(
            tenant,
            parts.ids(),
            request.getPageSize(),
            request.getPageToken(),
            PageToken.query(
                "leases",
                tenant.number(),
                request.getEntitlement(),
                request.getPartition(),
                holder == null ? "" : holder.utf8(0, holder.length()),
                request.getLabel()));
    return new Filling(tenant, holder, request.getLabel(), page).fill(request);
  }

  private static Bytes holder(Subject subject) throws BadCall {
    FieldBounds.text("holder.type", subject.getType(), 0, Limits.TYPE_BYTES_MAX);
    FieldBounds.text("holder.id", subject.getId(), 1, Limits.SUBJECT_ID_BYTES_MAX);
    if (subject.getPropertiesCount() > 0)
      throw new Malformed("holder.properties", "must be empty: a holder is type and id");
    Bytes name = new Bytes(64);
    Holders.write(text(subject.getType()), text(subject.getId()), name);
    return name;
  }

  private static Text text(String of) {
    byte[] utf8 = of.getBytes(StandardCharsets.UTF_8);
    Text text = new Text();
    text.set(utf8, 0, utf8.length);
    return text;
  }

  /** One page on its way. */
  private final class Filling {
    private final TenantView tenant;
    private final @Nullable Bytes holder;
    private final String label;
    private final Page page;
    private final LeaseRow row = new LeaseRow();
    private final long[] ids = new long[IDS];
    private final ListLeasesResponse.Builder response = ListLeasesResponse.newBuilder();

    Filling(TenantView tenant, @Nullable Bytes holder, String label, Page page) {
      this.tenant = tenant;
      this.holder = holder;
      this.label = label;
      this.page = page;
    }

    ListLeasesResponse fill(ListLeasesRequest request) {
      response.setRevision(parts.ids().format(page.revision()));
      String entitlement = request.getEntitlement();
      PoolWalk walk =
          new PoolWalk(
              tenant,
              name -> entitlement.isEmpty() || name.equals(entitlement),
              request.getPartition().getBytes(StandardCharsets.UTF_8),
              page.from());
      while (walk.next()) {
        page.look();
        long stoppedAt = pool(walk);
        if (page.full())
          return response.setNextPageToken(page.next(parts.ids(), walk, stoppedAt)).build();
      }
      return response.build();
    }

    /** Takes the leases of one pool; the lease at which the page was full, 0 behind the last. */
    private long pool(PoolWalk walk) {
      PoolList.Listed pool = walk.listed();
      return pool == null ? 0 : leases(walk, pool.leases(), after(walk));
    }

    private long after(PoolWalk walk) {
      PageToken from = page.from();
      boolean resumed =
          from != null
              && from.number() == walk.entitlement().number()
              && java.util.Arrays.equals(from.partition(), walk.partition());
      return resumed && from != null ? from.leaseId() : 0;
    }

    private long leases(PoolWalk walk, IdList leases, long from) {
      long after = from;
      while (true) {
        int count = leases.next(after, ids);
        for (int i = 0; i < count; i++) {
          after = ids[i];
          if (after > page.pinned()) return 0;
          page.look();
          lease(walk, after);
          if (page.full()) return after;
        }
        if (count < ids.length) return 0;
      }
    }

    private void lease(PoolWalk walk, long id) {
      if (!parts.desks().mine().reader.lease(tenant, id, row)) return;
      if (row.standing() == LeaseRow.Standing.SETTLED) return;
      if (holder != null && !row.isHeldBy(holder)) return;
      if (!label.isEmpty() && !row.labels().contains(label)) return;
      page.find();
      response.addLeases(message(walk, id));
    }

    private Lease message(PoolWalk walk, long id) {
      Lease.Builder lease = Lease.newBuilder();
      time(walk.entitlement(), lease);
      return lease
          .setState(state(row.standing()))
          .setEntitlement(walk.entitlement().name())
          .setPartition(new String(walk.partition(), StandardCharsets.UTF_8))
          .setHolder(Holders.subject(row.holder()))
          .setSession(row.session())
          .setUnits(row.units())
          .setLeaseId(parts.ids().format(id))
          .setToken(parts.ids().format(row.token()))
          .setSince(Times.timestamp(row.openedUs()))
          .setRequestId(row.requestId())
          .setIssuedAt(Times.timestamp(row.issuedAtUs()))
          .addAllLabels(row.labels())
          .setRetired(walk.entitlement().retired())
          .build();
    }

    /** A seat that may stay unused for good has no time. */
    private void time(Entitlement of, Lease.Builder lease) {
      long elapsed = view.elapsedUs();
      boolean lingers = row.standing() == LeaseRow.Standing.COOLING;
      long left;
      if (row.standing() == LeaseRow.Standing.SEAT) {
        left = row.idleLeftUs(of, elapsed);
        if (left == 0) return;
      } else {
        left = (lingers ? row.endsUs() : row.ttlEndsUs()) - elapsed;
      }
      lease.setTtl(Times.duration(lingers ? 0 : Math.max(0, left)));
      lease.setUntil(Times.timestamp(Math.max(0, view.civilUs() + left)));
    }

    private static LeaseState state(LeaseRow.Standing standing) {
      return switch (standing) {
        case LIVE -> LeaseState.LEASE_STATE_LIVE;
        case SEAT -> LeaseState.LEASE_STATE_SEAT;
        case COOLING -> LeaseState.LEASE_STATE_LINGERING;
        case HOLD -> LeaseState.LEASE_STATE_HOLD;
        case SETTLED -> throw new IllegalStateException("a settled hold is not listed");
      };
    }
  }
}
