package dev.tallygate.server.licensing;

import dev.tallygate.raft.state.Entitlement;
import dev.tallygate.raft.state.TenantView;
import dev.tallygate.server.call.BadCall;
import dev.tallygate.server.grpc.GrpcErrors;
import org.jspecify.annotations.Nullable;

/** How much one page may hold and cost, and where it goes on. One thread. */
final class Page {
  static final int SIZE_DEFAULT = 100;
  static final int SIZE_MAX = 1_000;

  /** Rows that one page looks at, wanted or not. */
  static final int LOOKS_MAX = 10_000;

  private final int size;
  private final ContentHash query;
  private final @Nullable PageToken from;
  private final long pinned;
  private final long revision;
  private int found;
  private int looks;

  private Page(int size, ContentHash query, @Nullable PageToken from, long revision) {
    this.size = size;
    this.query = query;
    this.from = from;
    this.revision = revision;
    pinned = from == null ? revision : from.pinned();
  }

  /**
   * Begins a page; reads the tenant's position before any row is read.
   *
   * @param query as {@link PageToken#query} makes it
   */
  static Page begin(TenantView tenant, ClusterIds ids, int size, String token, ContentHash query)
      throws BadCall {
    if (size < 0) throw new Malformed("page_size", "is `" + size + "`, allowed are 0 and more");
    PageToken from = token.isEmpty() ? null : PageToken.read(token, ids, query);
    long revision = tenant.position();
    if (from != null && from.pinned() > revision) throw GrpcErrors.behind().exception();
    return new Page(size == 0 ? SIZE_DEFAULT : Math.min(size, SIZE_MAX), query, from, revision);
  }

  @Nullable PageToken from() {
    return from;
  }

  /** What came after this position is not in the list. */
  long pinned() {
    return pinned;
  }

  /** A lower bound of what this page is read from. */
  long revision() {
    return revision;
  }

  void look() {
    looks++;
  }

  void find() {
    found++;
  }

  boolean full() {
    return found >= size || looks >= LOOKS_MAX;
  }

  /** The token of the page behind a pool, or inside it. */
  String next(ClusterIds ids, PoolWalk walk, long leaseId) {
    Entitlement of = walk.entitlement();
    return new PageToken(pinned, of.name(), of.number(), walk.partition(), leaseId)
        .write(ids, query);
  }
}
